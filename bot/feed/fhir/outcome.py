"""What came of the resources: what was left out, kept with less, or not read; never silently."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

EXAMPLES = 20


class Loss(Enum):
    """How much of a resource is missing from the records."""

    LEFT_OUT = "left_out"
    COARSE = "coarse"


@dataclass(frozen=True, slots=True)
class Broken:
    """Why the whole feed is refused; `path` names the element."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why there is no record of a resource. What is on record of it stays as it is."""

    reason: str


@dataclass(frozen=True)
class LossCount:
    """How many resources of a type have lost something for one reason, and the first of them."""

    loss: Loss
    resource: str
    reason: str
    count: int
    examples: tuple[str, ...]

    def public(self) -> dict[str, object]:
        """As JSON."""
        return {
            "resource": self.resource,
            "reason": self.reason,
            "count": self.count,
            "examples": list(self.examples),
        }

    def __str__(self) -> str:
        what = "left out" if self.loss is Loss.LEFT_OUT else "with less"
        shown = ", ".join(self.examples[:3]) + (", …" if self.count > 3 else "")
        return f"{self.resource}: {self.count} {what}: {self.reason} ({shown})"


@dataclass
class Outcome:
    """Counts by resource type and reason. Resources are named by type and id, people never."""

    read: Counter[str] = field(default_factory=Counter)
    not_read: Counter[str] = field(default_factory=Counter)
    _counts: Counter[tuple[Loss, str, str]] = field(default_factory=Counter)
    _examples: dict[tuple[Loss, str, str], list[str]] = field(default_factory=dict)

    def lost(self, loss: Loss, resource: str, resource_id: str, reason: str) -> None:
        """Note that something of a resource could not be mapped."""
        key = (loss, resource, reason)
        self._counts[key] += 1
        examples = self._examples.setdefault(key, [])
        if len(examples) < EXAMPLES:
            examples.append(f"{resource}/{resource_id}")

    def losses(self, loss: Loss) -> list[LossCount]:
        """The most frequent first."""
        return [
            LossCount(*key, count, tuple(self._examples[key]))
            for key, count in self._counts.most_common()
            if key[0] is loss
        ]

    def public(self) -> Mapping[str, object]:
        """As JSON, without anything of people but the ids of resources."""
        return {
            "resources": dict(self.read),
            "not_read": dict(self.not_read),
            **{loss.value: [each.public() for each in self.losses(loss)] for loss in Loss},
        }

    def __str__(self) -> str:
        lines = [str(each) for loss in Loss for each in self.losses(loss)]
        lines += [f"{kind}: {count} not read" for kind, count in self.not_read.most_common()]
        return "\n".join(lines)
