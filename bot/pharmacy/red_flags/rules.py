"""Loads the red-flag rules and checks them, so that a mistake in the data fails at start."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.pharmacy.red_flags.patterns import (
    PatternError,
    Phrase,
    PhraseSet,
    anchored,
    holds,
    parse,
)
from bot.pharmacy.red_flags.spelling import Corrector
from bot.pharmacy.red_flags.text import Spelling, words_of

DATA = Path(__file__).parent / "data"
GUARDS = frozenset({"negation", "history", "question", "harmless", "likeness"})
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
CUES = frozenset(
    {
        *("negation", "not_negation", "carries", "symptoms", "or", "turns", "subjects"),
        *("past", "past_of", "present", "question", "not_question"),
    }
)


class RuleError(ValueError):
    """The rule data is wrong; the message names the file and the rule."""


@dataclass(frozen=True)
class Phrases:
    """Phrases, apart from those that hold a negation and so cannot be negated again."""

    plain: PhraseSet
    denying: PhraseSet


@dataclass(frozen=True)
class Rule:
    """One reason to raise the alarm. Its fields are described in `data/README.md`."""

    id: str
    family: str
    language: str
    reason: str
    groups: tuple[Phrases, ...]
    within: int
    unless: PhraseSet
    despite: frozenset[str]


@dataclass(frozen=True)
class RuleBook:
    """All rules, the word lists they name, the cues that excuse a match, and the spelling."""

    rules: tuple[Rule, ...]
    harmless: Mapping[str, PhraseSet]
    cues: Mapping[str, PhraseSet]
    lists: Mapping[str, PhraseSet]
    spelling: Spelling


@dataclass
class _Reader:
    """Reads phrases, and remembers the words and the lists that they use."""

    spelling: Spelling
    words: set[str] = field(default_factory=set)
    lists: dict[str, PhraseSet] = field(default_factory=dict)

    def normalise(self, word: str) -> list[str]:
        return [w.typed for w in words_of(word, self.spelling)]

    def read_lists(self, written: Mapping[str, object]) -> None:
        """Reads the word lists, those that others name first."""
        parsed = {name: self.parse(f"words.yml: {name}", lines) for name, lines in written.items()}
        for name in parsed:
            self._anchor_list(name, parsed, ())

    def _anchor_list(
        self, name: str, parsed: Mapping[str, tuple[Phrase, ...]], above: tuple[str, ...]
    ) -> None:
        if name in above:
            raise RuleError(f"words.yml: {' -> '.join((*above, name))} goes round in a circle")
        if name in self.lists:
            return
        for inner in {step.name for phrase in parsed[name] for step in phrase if step.name}:
            if inner not in parsed:
                raise RuleError(f"words.yml: {name}: there is no word list @{inner}")
            self._anchor_list(inner, parsed, (*above, name))
        self.lists[name] = anchored(parsed[name], self.lists)

    def phrases(self, where: str, written: object) -> PhraseSet:
        """Reads phrases that may name the word lists."""
        return anchored(self._checked(where, written), self.lists)

    def group(self, where: str, written: object) -> Phrases:
        """Reads phrases, and sets those apart that hold a negation."""
        phrases = self._checked(where, written)
        denying = [p for p in phrases if holds(p, DENIALS, self.lists)]
        plain = [p for p in phrases if not holds(p, DENIALS, self.lists)]
        return Phrases(anchored(plain, self.lists), anchored(denying, self.lists))

    def _checked(self, where: str, written: object) -> tuple[Phrase, ...]:
        phrases = self.parse(where, written)
        for step in (step for phrase in phrases for step in phrase):
            if step.name and step.name not in self.lists:
                raise RuleError(f"{where}: there is no word list @{step.name}")
        return phrases

    def parse(self, where: str, written: object) -> tuple[Phrase, ...]:
        if not isinstance(written, list) or not all(isinstance(p, str) for p in written):
            raise RuleError(f"{where}: expected a list of phrases (quote no, yes and numbers)")
        try:
            phrases = tuple(parse(phrase, self.normalise) for phrase in written)
        except PatternError as wrong:
            raise RuleError(f"{where}: {wrong}") from wrong
        for step in (step for phrase in phrases for step in phrase):
            self.words |= step.words
        return phrases


@cache
def rule_book() -> RuleBook:
    """The rules that ship with Willcall, read once."""
    return load(DATA)


def load(folder: Path) -> RuleBook:
    """Reads a folder of rule files. Raises RuleError at the first mistake."""
    spelled = _yaml(folder / "spelling.yml")
    reader = _Reader(_spelling(spelled, lambda _: False, lambda word: frozenset((word,))))
    reader.read_lists(_yaml(folder / "words.yml"))
    cues = _cues(_yaml(folder / "guards.yml"), reader)
    rules: list[Rule] = []
    harmless: dict[str, PhraseSet] = {}
    for family in FAMILIES:
        content = _yaml(folder / f"{family}.yml")
        harmless[family] = reader.phrases(f"{family}.yml: harmless", content.get("harmless", []))
        rules += [_rule(family, entry, reader) for entry in content["rules"]]
    _check_ids(rules)
    known = frozenset(reader.words)
    respelled = {w: frozenset(str(meant).split()) for w, meant in spelled["respelled"].items()}
    ordinary = frozenset(map(str, spelled["ordinary"]))
    corrector = Corrector(known, known.intersection(spelled["keys"]), respelled, ordinary)
    spelling = _spelling(spelled, known.__contains__, corrector)
    return RuleBook(tuple(rules), harmless, cues, reader.lists, spelling)


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


def _cues(written: Mapping[str, Any], reader: _Reader) -> dict[str, PhraseSet]:
    if set(written) != CUES:
        raise RuleError(f"guards.yml: expected exactly {sorted(CUES)}")
    return {name: reader.phrases(f"guards.yml: {name}", written[name]) for name in sorted(CUES)}


def _rule(family: str, entry: Mapping[str, Any], reader: _Reader) -> Rule:
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
            reader.group(where, group)
            for group in ([entry["any"]] if "any" in entry else entry["all"])
        ),
        within=int(entry.get("within", 12)),
        unless=reader.phrases(where, entry.get("unless", [])),
        despite=despite,
    )


def _check_ids(rules: Iterable[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"{rule.family}.yml: {rule.id} is there twice")
        seen.add(rule.id)
