"""Loads the red-flag rules and checks them, so that a mistake in the data fails at start."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.pharmacy.red_flags.patterns import PatternError, Phrase, holds, parse
from bot.pharmacy.red_flags.spelling import Corrector
from bot.pharmacy.red_flags.text import Spelling, words_of

DATA = Path(__file__).parent / "data"
GUARDS = frozenset({"negation", "history", "question", "harmless"})
DENIALS = frozenset({"not", "no", "never", "without", "nobody", "nothing", "sin", "nunca", "jamas"})
LANGUAGES = frozenset({"en", "es"})
FAMILIES = (
    "overdose",
    "ingestion",
    "self_harm",
    "anaphylaxis",
    "breathing",
    "chest_stroke",
    "bleeding",
    "glucose",
    "consciousness",
)
CUES = ("negation", "not_negation", "carries", "symptoms", "or", "turns", "past", "past_of", "present")
CUES += ("question", "not_question", "subjects")


class RuleError(ValueError):
    """The rule data is wrong; the message names the file and the rule."""


@dataclass(frozen=True)
class Phrases:
    """Phrases, apart from those that hold a negation and so cannot be negated again."""

    plain: tuple[Phrase, ...]
    denying: tuple[Phrase, ...]


@dataclass(frozen=True)
class Rule:
    """One reason to raise the alarm. Its fields are described in `data/README.md`."""

    id: str
    family: str
    language: str
    reason: str
    groups: tuple[Phrases, ...]
    within: int = 12
    unless: tuple[Phrase, ...] = ()
    despite: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RuleBook:
    """All rules, the word lists they name, the cues that excuse a match, and the spelling."""

    rules: tuple[Rule, ...]
    harmless: Mapping[str, tuple[Phrase, ...]]
    cues: Mapping[str, tuple[Phrase, ...]]
    lists: Mapping[str, tuple[Phrase, ...]]
    spelling: Spelling


@dataclass
class _Reader:
    """Reads phrases, and remembers the words and the lists that they use."""

    spelling: Spelling
    words: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)

    def normalise(self, word: str) -> list[str]:
        return [w.typed for w in words_of(word, self.spelling)]

    def phrases(self, where: str, written: object) -> tuple[Phrase, ...]:
        if not isinstance(written, list) or not all(isinstance(p, str) for p in written):
            raise RuleError(f"{where}: expected a list of phrases (quote no, yes and numbers)")
        try:
            phrases = tuple(parse(phrase, self.normalise) for phrase in written)
        except PatternError as wrong:
            raise RuleError(f"{where}: {wrong}") from wrong
        for step in (step for phrase in phrases for step in phrase):
            self.words |= step.words
            if step.name:
                self.names.setdefault(step.name, where)
        return phrases


@cache
def rule_book() -> RuleBook:
    """The rules that ship with Willcall, read once."""
    return load(DATA)


def load(folder: Path) -> RuleBook:
    """Reads a folder of rule files. Raises RuleError at the first mistake."""
    spelled = _yaml(folder / "spelling.yml")
    reader = _Reader(_spelling(spelled, lambda _: False, lambda word: frozenset((word,))))
    lists = {
        name: reader.phrases(f"words.yml: {name}", phrases)
        for name, phrases in _yaml(folder / "words.yml").items()
    }
    cues = _cues(_yaml(folder / "guards.yml"), reader)
    entries: list[tuple[str, Mapping[str, Any]]] = []
    harmless: dict[str, tuple[Phrase, ...]] = {}
    for family in FAMILIES:
        content = _yaml(folder / f"{family}.yml")
        harmless[family] = reader.phrases(f"{family}.yml: harmless", content.get("harmless", []))
        entries += [(family, entry) for entry in content["rules"]]
    _check_lists(lists)
    rules = [_rule(family, entry, reader, lists) for family, entry in entries]
    _check_names(rules, lists, reader.names)
    known = frozenset(reader.words)
    respelled = {w: frozenset(str(meant).split()) for w, meant in spelled["respelled"].items()}
    corrector = Corrector(
        known, frozenset(map(str, spelled["keys"])) & known, respelled, frozenset(map(str, spelled["ordinary"]))
    )
    spelling = _spelling(spelled, known.__contains__, corrector)
    return RuleBook(tuple(rules), harmless, cues, lists, spelling)


def _yaml(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise RuleError(f"{path.name}: expected a mapping")
    return content


def _spelling(
    spelled: Mapping[str, Any],
    knows: Callable[[str], bool],
    correct: Callable[[str], frozenset[str]],
) -> Spelling:
    return Spelling(
        knows=knows,
        correct=correct,
        expand={word: tuple(str(to).split()) for word, to in spelled["expand"].items()},
        numbers={str(word): float(value) for word, value in spelled["numbers"].items()},
        fillers=frozenset(spelled["fillers"]) | frozenset(spelled["pausing_fillers"]),
        pauses=frozenset(spelled["pausing_fillers"]),
    )


def _cues(written: Mapping[str, Any], reader: _Reader) -> dict[str, tuple[Phrase, ...]]:
    if set(written) != set(CUES):
        raise RuleError(f"guards.yml: expected exactly {sorted(CUES)}")
    return {name: reader.phrases(f"guards.yml: {name}", written[name]) for name in CUES}


def _rule(
    family: str,
    entry: Mapping[str, Any],
    reader: _Reader,
    lists: Mapping[str, tuple[Phrase, ...]],
) -> Rule:
    where = f"{family}.yml: {entry.get('id', 'a rule without id')}"
    known = {"id", "language", "reason", "any", "all", "within", "unless", "despite"}
    if unknown := set(entry) - known:
        raise RuleError(f"{where}: unknown {sorted(unknown)}")
    if not all(isinstance(entry.get(name), str) for name in ("id", "language", "reason")):
        raise RuleError(f"{where}: id, language and reason are needed")
    if entry["language"] not in LANGUAGES:
        raise RuleError(f"{where}: language must be one of {sorted(LANGUAGES)}")
    if ("any" in entry) == ("all" in entry):
        raise RuleError(f"{where}: needs either any or all")
    despite = frozenset(entry.get("despite", ()))
    if not despite <= GUARDS:
        raise RuleError(f"{where}: despite may only name {sorted(GUARDS)}")
    return Rule(
        id=entry["id"],
        family=family,
        language=entry["language"],
        reason=entry["reason"],
        groups=tuple(
            _phrases(reader.phrases(where, group), lists)
            for group in ([entry["any"]] if "any" in entry else entry["all"])
        ),
        within=int(entry.get("within", 12)),
        unless=reader.phrases(where, entry.get("unless", [])),
        despite=despite,
    )


def _phrases(phrases: tuple[Phrase, ...], lists: Mapping[str, tuple[Phrase, ...]]) -> Phrases:
    known = {**dict.fromkeys((s.name for p in phrases for s in p if s.name), ()), **lists}
    denying = tuple(p for p in phrases if holds(p, DENIALS, known))
    return Phrases(tuple(p for p in phrases if p not in denying), denying)


def _check_lists(lists: Mapping[str, tuple[Phrase, ...]]) -> None:
    for name in lists:
        _check_no_cycle(name, lists, ())


def _check_names(
    rules: Iterable[Rule], lists: Mapping[str, tuple[Phrase, ...]], used: Mapping[str, str]
) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"{rule.family}.yml: {rule.id} is there twice")
        seen.add(rule.id)
    for name, where in used.items():
        if name not in lists:
            raise RuleError(f"{where}: there is no word list @{name}")


def _check_no_cycle(
    name: str, lists: Mapping[str, tuple[Phrase, ...]], above: tuple[str, ...]
) -> None:
    if name in above:
        raise RuleError(f"words.yml: {' -> '.join((*above, name))} goes round in a circle")
    for inner in {step.name for phrase in lists.get(name, ()) for step in phrase if step.name}:
        _check_no_cycle(inner, lists, (*above, name))
