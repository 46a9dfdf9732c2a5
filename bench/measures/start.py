"""How long Rasa takes from the start of its process to its first answer."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.engine_servers import Engine
from bench.figures import Measured
from bench.measures.engines import house
from bench.measures.report import Report, median, quantiles
from bench.processes import told

STARTS = 3


async def measure(engines: Sequence[Engine]) -> Report:
    """Willcall's engine and the stock one, in this order, by turns.

    One start each comes before the ones that count: files are in the system's memory then.
    """
    clock: dict[str, list[float]] = {engine.name: [] for engine in engines}
    cpu: dict[str, list[float]] = {engine.name: [] for engine in engines}
    told(f"start: {STARTS + 1} starts each")
    with tempfile.TemporaryDirectory() as place:
        async with house(Path(place)) as home:
            for number in range(STARTS + 1):
                for engine in engines:
                    async with home.engine(engine) as server:
                        if number:
                            clock[engine.name].append(server.start_seconds)
                            cpu[engine.name].append(server.start_cpu_seconds)
    ours, stock = (median(clock[engine.name]) for engine in engines)
    details = {
        engine.name: {
            "seconds": quantiles(clock[engine.name]),
            "cpu_seconds": quantiles(cpu[engine.name]),
        }
        for engine in engines
    }
    return Report({"start": Measured(ours, stock)}, {**details})
