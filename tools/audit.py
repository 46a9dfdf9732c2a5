"""Holds what the locks install against the known vulnerabilities: `make audit`.

pip-audit asks the vulnerability service about each lock. A finding that requirements/audit.yml does
not accept, with a reason, fails. Exit status 0: nothing unknown. 1: findings. 2: the service could
not be asked about everything, so that nothing may be concluded.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.places import ROOT

LOCKS = ("app", "rasa")
ACCEPTED = ROOT / "requirements" / "audit.yml"
FINE, FOUND, UNKNOWN = 0, 1, 2
# How many packages that the service knows nothing of are named.
SHOWN = 5


@dataclass(frozen=True)
class Advisory:
    """One advisory about one package; `names` are its id and its other ids."""

    package: str
    version: str
    names: frozenset[str]
    fixed_in: tuple[str, ...] = ()

    def __str__(self) -> str:
        fixed = f", fixed in {', '.join(self.fixed_in)}" if self.fixed_in else ", no fix is known"
        return f"{self.package} {self.version}: {', '.join(sorted(self.names))}{fixed}"


@dataclass(frozen=True)
class Judged:
    """What an audit of one lock says."""

    unknown: Sequence[Advisory] = ()
    accepted: Sequence[Advisory] = ()
    not_asked: Sequence[str] = field(default=())

    @property
    def status(self) -> int:
        """The exit status: a finding counts for more than a gap."""
        if self.unknown:
            return FOUND
        return UNKNOWN if self.not_asked else FINE


def judge(report: Mapping[str, Any], accepted: Mapping[str, Iterable[str]]) -> Judged:
    """Hold pip-audit's report against the ids that are accepted for each package."""
    unknown: list[Advisory] = []
    known: list[Advisory] = []
    not_asked: list[str] = []
    for package in report["dependencies"]:
        if "skip_reason" in package:
            not_asked.append(package["name"])
        for advisory in _advisories(package):
            fits = not advisory.names.isdisjoint(accepted.get(advisory.package, ()))
            (known if fits else unknown).append(advisory)
    return Judged(unknown, known, not_asked)


def accepted_in(lock: str, path: Path = ACCEPTED) -> dict[str, set[str]]:
    """The accepted ids of a lock's packages. Raises ValueError for an entry without a reason."""
    found: dict[str, set[str]] = {}
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))[lock] or ():
        if not all(str(entry.get(name, "")).strip() for name in ("package", "reason", "limited")):
            raise ValueError(f"{path.name}: an entry of {lock} lacks package, reason or limited")
        found.setdefault(entry["package"], set()).update(entry["ids"])
    return found


def main() -> int:
    """Audit every lock; the highest concern is the exit status."""
    statuses = {_audit(lock) for lock in LOCKS}
    return next(status for status in (FOUND, UNKNOWN, FINE) if status in statuses)


def _audit(lock: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes",
         "--requirement", f"requirements/{lock}.txt", "--format", "json",
         "--progress-spinner", "off"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        report = json.loads(done.stdout)
    except ValueError:
        print(f"{lock}: the vulnerability service did not answer\n{done.stderr}", file=sys.stderr)
        return UNKNOWN
    judged = judge(report, accepted_in(lock))
    print("\n".join(told(lock, judged, len(report["dependencies"]))), flush=True)
    return judged.status


def told(lock: str, judged: Judged, packages: int) -> Iterator[str]:
    """An audit for people."""
    yield from (f"{lock}: UNKNOWN FINDING {advisory}" for advisory in judged.unknown)
    yield from (f"{lock}: accepted: {advisory}" for advisory in judged.accepted)
    if judged.not_asked:
        some = ", ".join(judged.not_asked[:SHOWN])
        yield (
            f"{lock}: NOT AUDITED: the service knows nothing of {len(judged.not_asked)} of"
            f" {packages} packages ({some} …). This says nothing about them: run it where the"
            " service of the public index can be reached."
        )
    elif not judged.unknown:
        yield f"{lock}: {packages} packages, nothing unknown"


def _advisories(package: Mapping[str, Any]) -> Iterator[Advisory]:
    for found in package.get("vulns", ()):
        names = frozenset({found["id"], *found.get("aliases", ())})
        fixed_in = tuple(found.get("fix_versions", ()))
        yield Advisory(package["name"], package["version"], names, fixed_in)


if __name__ == "__main__":
    sys.exit(main())
