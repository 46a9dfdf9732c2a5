"""Runs Rasa's graph from a plan that is made once.

Rasa's own runner works out for every message which nodes it needs, and has dask work out in which
order. Both follow from the model alone.
"""

from graphlib import TopologicalSorter
from typing import Any, Dict, List, Optional, Tuple

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner

# A node's name, the node, and the names of what it is given.
_Step = Tuple[str, GraphNode, Tuple[str, ...]]


class PlannedGraphRunner(DaskGraphRunner):
    """The same nodes with the same inputs as in Rasa's runner, one after the other."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """As Rasa's."""
        super().__init__(*given, **named)
        self._plans: Dict[Tuple[str, ...], List[_Step]] = {}

    def run(
        self, inputs: Optional[Dict[str, Any]] = None, targets: Optional[List[str]] = None
    ) -> Dict[str, Any]:
        """The outputs of the targets, by name. Raises GraphRunError and what a node raises."""
        wanted = tuple(targets or self._graph_schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(wanted)
        made: Dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            for name, node, needs in self._plans[wanted]:
                # A name that nothing stands for is handed on, as Rasa's runner does.
                made[name] = node(*[made.get(need, need) for need in needs])
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return {name: made[name][1] for name in wanted}

    def _plan(self, wanted: Tuple[str, ...]) -> List[_Step]:
        nodes = self._graph_schema.minimal_graph_schema(list(wanted)).nodes
        needs = {name: tuple(node.needs.values()) for name, node in nodes.items()}
        order = TopologicalSorter(needs).static_order()
        return [
            (name, self._instantiated_nodes[name], needs[name]) for name in order if name in needs
        ]
