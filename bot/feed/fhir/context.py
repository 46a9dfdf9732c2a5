"""What the parts of reading one feed share: where records go, and what is said of the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.feed.fhir.graph import Graph, Held
from bot.feed.fhir.options import Options
from bot.feed.fhir.outcome import Broken, LeftOut, Loss, Outcome
from bot.feed.fhir.resources import Known
from bot.feed.intake import Intake
from bot.services.feed_batch import FeedError, Keep


@dataclass
class Context:
    """One feed of FHIR while it is mapped. `now` (aware) decides what is still to come.

    `patients` are those whose records are written, and on which condition; `stores_named` the
    stores that a prescription or a fill names.
    """

    graph: Graph
    intake: Intake
    outcome: Outcome
    options: Options
    now: datetime
    patients: dict[str, Keep] = field(default_factory=dict)
    stores_named: set[str] = field(default_factory=set)

    def record(
        self,
        held: Held[Known],
        fields: Mapping[str, object],
        keep: Keep = Keep.ALWAYS,
        *,
        kind: str | None = None,
    ) -> None:
        """Hand over a record of a resource, unless resources of its kind are skipped."""
        if (kind or held.resource.resource_type) not in self.options.skip:
            self.intake.record(held.number, fields, held.name, keep)

    def lost(self, held: Held[Known], reason: str, loss: Loss = Loss.LEFT_OUT) -> None:
        """Note what could not be mapped."""
        self.outcome.lost(loss, held.resource.resource_type, held.id, reason)

    def note(self, held: Held[Known], why: Broken | LeftOut) -> None:
        """Note why there is no record: an error refuses the feed."""
        if isinstance(why, Broken):
            error = FeedError(held.number, f"{held.name}: {why.path}", why.message)
            self.intake.errors.add(error)
        else:
            self.lost(held, why.reason)
