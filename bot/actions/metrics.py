"""What this action server counts and times, for Prometheus: `/metrics` on its private port."""

from typing import Literal

import prometheus_client
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

Outcome = Literal["answered", "database", "technical"]
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 6)

# Actions are built by the SDK without arguments, and find these here.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
ACTIONS = Counter("willcall_actions", "Actions run.", ("action", "outcome"), registry=REGISTRY)
ACTION_SECONDS = Histogram(
    "willcall_action_duration_seconds", "Time of an action.", ("action",),
    registry=REGISTRY, buckets=BUCKETS,
)  # fmt: skip


def action_ended(action: str, outcome: Outcome, seconds: float) -> None:
    """Count an action. `action` is the name of a class, so that there are only so many."""
    ACTIONS.labels(action, outcome).inc()
    ACTION_SECONDS.labels(action).observe(seconds)
