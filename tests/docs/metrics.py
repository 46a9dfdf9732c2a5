"""What the processes really tell Prometheus: names, types and labels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import Counter, Histogram, ProcessCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.registry import Collector

from bot.actions import metrics as actions
from bot.gateway.metrics import Metrics
from bot.gateway.metrics_state import State


@dataclass(frozen=True)
class Told:
    """One metric as it is documented: counters with their `_total`."""

    kind: str
    labels: tuple[str, ...]


def told_by(state: State) -> dict[str, Told]:
    """All metrics of a gateway and of an action server that are Willcall's own."""
    counted = [*vars(Metrics()).values(), actions.ACTIONS, actions.ACTION_SECONDS]
    found: dict[str, Told] = {}
    for metric in counted:
        if isinstance(metric, Counter | Histogram):
            (family,) = metric.describe()
            found[_documented(family.name, family.type)] = Told(family.type, metric._labelnames)
    for family in state.collect():
        found[family.name] = Told(family.type, tuple(family._labelnames))  # type: ignore[attr-defined]
    return found


def standard() -> set[str]:
    """The names that every Prometheus client tells of its process, and Prometheus of a target."""
    collectors: Iterable[Collector] = (ProcessCollector(registry=None), PlatformCollector(None))
    names = {
        _documented(family.name, family.type) for each in collectors for family in each.collect()
    }
    return {*names, "up"}


def series(told: Mapping[str, Told]) -> dict[str, tuple[str, ...]]:
    """The names that an expression may use, with the labels that each has."""
    names: dict[str, tuple[str, ...]] = {}
    for name, metric in told.items():
        if metric.kind == "histogram":
            names |= {f"{name}{end}": metric.labels for end in ("_count", "_sum")}
            names[f"{name}_bucket"] = (*metric.labels, "le")
        else:
            names[name] = metric.labels
    return names


def _documented(name: str, kind: str) -> str:
    return f"{name}_total" if kind == "counter" else name
