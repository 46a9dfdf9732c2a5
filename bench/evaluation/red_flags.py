"""The red-flag screen, and the second net below it, on their lists."""

from collections.abc import Sequence

from bench.evaluation import deployed, sentences
from bench.evaluation.deployed import Outcome
from bench.evaluation.metrics import wilson
from bench.evaluation.report import Report, table

Named = list[tuple[str, Outcome]]
HEAD = ["red flags", "messages", "screen", "95 %", "with second net", "95 %"]
NOTES = [
    "emergencies: the share found; ordinary: the share of false alarms. 95 %: the interval by",
    "Wilson's score; the bound to go by is the lower one of what is found and the upper one of",
    "false alarms. second net: report_emergency from the language engine.",
    "What was learned or tuned on a list, its first lines say.",
]


def measure() -> Report:
    """The regression lists, and each file tests/red_flags/unseen*.yml."""
    lists = sentences.red_flags()
    parts = [
        (f"{found.name}, {kind}", messages)
        for found in lists
        for kind, messages in (("emergencies", found.emergencies), ("ordinary", found.ordinary))
    ]
    texts = [text for _, messages in parts for _, text in messages]
    outcomes = iter(deployed.read(texts, "red flags"))
    judged = {name: [(group, next(outcomes)) for group, _ in messages] for name, messages in parts}
    figures: dict[str, object] = {name: figures_of(named) for name, named in judged.items()}
    rows = [_row(name, [done for _, done in named]) for name, named in judged.items()]
    return Report(figures, table(HEAD, rows) + NOTES)


def figures_of(named: Named) -> dict[str, object]:
    """Raised by the screen and by both, with intervals, in all and for each group."""
    outcomes = [done for _, done in named]
    groups = {name: [done for group, done in named if group == name] for name, _ in named}
    return {
        "messages": len(outcomes),
        "screen": _raised([done.screened for done in outcomes]),
        "with_second_net": _raised([done.alarmed for done in outcomes]),
        "groups": {
            name: {
                "messages": len(group),
                "screen": sum(done.screened for done in group),
                "with_second_net": sum(done.alarmed for done in group),
            }
            for name, group in groups.items()
        },
    }


def _raised(flags: Sequence[bool]) -> dict[str, float | int]:
    low, high = wilson(sum(flags), len(flags))
    return {
        "count": sum(flags),
        "share": round(sum(flags) / max(len(flags), 1), 4),
        "lower": round(low, 4),
        "upper": round(high, 4),
    }


def _row(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    cells = [name, str(len(outcomes))]
    for flags in ([done.screened for done in outcomes], [done.alarmed for done in outcomes]):
        raised = _raised(flags)
        cells.append(f"{raised['count']} = {raised['share']:.3f}")
        cells.append(f"{raised['lower']:.3f}-{raised['upper']:.3f}")
    return cells
