"""What the images would hold, read from deploy/Containerfile and .dockerignore."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from bot.places import ROOT

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
HOME = PurePosixPath("/opt/willcall")
# Installed by a RUN step, not copied from the repository.
ENVIRONMENTS = ("/opt/willcall/.venv", "/opt/willcall/.venv-rasa", "/opt/python")


@dataclass(frozen=True)
class Stage:
    """One FROM and what follows it: pairs of an instruction and its arguments."""

    name: str
    base: str
    steps: tuple[tuple[str, str], ...]

    def all(self, instruction: str) -> list[str]:
        """The arguments of every such instruction, in order."""
        return [text for name, text in self.steps if name == instruction]

    def command(self, instruction: str) -> list[str]:
        """The last CMD or HEALTHCHECK as a list; a shell form is an error."""
        found: list[str] = json.loads(re.sub(r"^[^\[]*", "", self.all(instruction)[-1]))
        return found


@cache
def stages() -> dict[str, Stage]:
    """The stages by name; what stands before the first one is called ''."""
    text = re.sub(r"^\s*#.*\n", "", CONTAINERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    name, base = "", ""
    steps: dict[str, list[tuple[str, str]]] = {"": []}
    bases = {"": ""}
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if not line.strip():
            continue
        instruction, _, arguments = line.partition(" ")
        if instruction == "FROM":
            base, _, name = (part.strip() for part in arguments.partition(" AS "))
            steps[name], bases[name] = [], base
        else:
            steps[name].append((instruction, arguments.strip()))
    return {name: Stage(name, bases[name], tuple(found)) for name, found in steps.items()}


def inherited(stage: Stage) -> tuple[tuple[str, str], ...]:
    """The steps of a stage, after those of the stages that it is built from."""
    below = stages().get(stage.base)
    return (inherited(below) if below else ()) + stage.steps


@cache
def context() -> tuple[str, ...]:
    """The files that are sent to a build: everything but what .dockerignore leaves out."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[str]:
    for entry in os.scandir(folder):
        path = Path(entry.path).relative_to(ROOT).as_posix()
        if _ignored(path):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield path


def _ignored(path: str) -> bool:
    """The last pattern that fits a path, or a folder that it is in, decides."""
    parts = path.split("/")
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    ignored = False
    for pattern in _patterns():
        kept, plain = pattern.startswith("!"), pattern.lstrip("!")
        if any(re.fullmatch(_expression(plain), each) for each in above):
            ignored = not kept
    return ignored


@cache
def _patterns() -> tuple[str, ...]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def _expression(pattern: str) -> str:
    escaped = re.escape(pattern)
    return escaped.replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")


def files(name: str) -> dict[str, str]:
    """The repository's files in an image: its place there, and where it comes from."""
    found: dict[str, str] = {}
    for instruction, arguments in inherited(stages()[name]):
        if instruction != "COPY":
            continue
        words = shlex.split(arguments)
        source = words.pop(0).removeprefix("--from=") if words[0].startswith("--") else None
        *wanted, target = words
        for each in wanted:
            if not each.startswith(ENVIRONMENTS):
                found |= _copied(source, each, target, several=target.endswith("/"))
    return found


def environments(name: str) -> set[str]:
    """Which of the installed environments an image has."""
    copies = [text for step, text in inherited(stages()[name]) if step == "COPY"]
    return {place for place in ENVIRONMENTS for text in copies if f" {place} " in text}


def _copied(source: str | None, wanted: str, target: str, *, several: bool) -> dict[str, str]:
    there = files(source) if source else {str(HOME / path): path for path in context()}
    origin, goal = HOME / wanted, HOME / target
    found = {}
    for place, path in there.items():
        if PurePosixPath(place) == origin:
            found[str(goal / origin.name if several else goal)] = path
        elif place.startswith(f"{origin}/"):
            found[str(goal / PurePosixPath(place).relative_to(origin))] = path
    assert found, f"COPY finds no {wanted}"
    return found
