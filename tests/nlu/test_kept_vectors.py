"""Vectors that are remembered between trainings: the same numbers, and nothing on trust."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.kept_vectors import Floats, KeptVectors

TEXTS = ["is it ready", "are you open", "¿ya está?", "\ud800"]


class Counting:
    """An encoder whose vectors are easily told apart; counts what it computes."""

    def __init__(self) -> None:
        self.computed: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.computed += texts
        rows = [[len(text), sum(map(ord, text)) / 7] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "models" / "vectors.npz"


def opened(path: Path, recipe: str = "weights 1") -> tuple[KeptVectors, Counting]:
    counting = Counting()
    return KeptVectors(path, recipe, lambda: counting), counting


def saved(path: Path, texts: Sequence[str] = TEXTS) -> None:
    kept, _ = opened(path)
    kept.encode(texts)
    kept.save()


def test_what_is_known_is_not_computed_again(path: Path) -> None:
    saved(path)
    kept, counting = opened(path)
    rows = kept.encode(["a new one", *TEXTS, "a new one"])
    assert counting.computed == ["a new one"]
    assert np.array_equal(rows, Counting().encode(["a new one", *TEXTS, "a new one"]))
    assert rows.dtype == np.float32


def test_within_a_process_too(path: Path) -> None:
    kept, counting = opened(path)
    kept.encode(TEXTS)
    kept.encode(TEXTS[:2])
    assert counting.computed == TEXTS
    assert kept.encode([]).shape == (0, 2)


def test_the_file_holds_what_was_asked_for_and_no_more(path: Path) -> None:
    saved(path)
    kept, _ = opened(path)
    kept.encode(TEXTS[:1])
    kept.save()
    again, counting = opened(path)
    again.encode(TEXTS)
    assert counting.computed == TEXTS[1:]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_no_text_is_in_the_file(path: Path) -> None:
    saved(path, ["zanzibar 4711"])
    assert b"zanzibar" not in path.read_bytes()


def flipped(data: bytes) -> bytes:
    """One bit of the rows' numbers changed, with the archive's own checksum left out of play."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [lambda data: b"", lambda data: data[:40], lambda data: b"x" * 500, flipped],
    ids=["empty", "cut off", "something else", "one bit"],
)
def test_a_damaged_file_counts_as_empty(path: Path, damage: Callable[[bytes], bytes]) -> None:
    saved(path)
    path.write_bytes(damage(path.read_bytes()))
    kept, counting = opened(path)
    rows = kept.encode(TEXTS)
    assert counting.computed == TEXTS
    assert np.array_equal(rows, Counting().encode(TEXTS))
    kept.save()
    assert opened(path)[0].encode(TEXTS).shape == (4, 2)


def test_numbers_that_do_not_fit_their_check_count_as_nothing(path: Path) -> None:
    saved(path)
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["rows"] = arrays["rows"] + 1
    np.savez(path, **arrays)
    kept, counting = opened(path)
    kept.encode(TEXTS)
    assert counting.computed == TEXTS


def test_another_encoders_vectors_are_not_taken(path: Path) -> None:
    saved(path)
    kept, counting = opened(path, "weights 2")
    kept.encode(TEXTS)
    assert counting.computed == TEXTS


def test_a_disk_that_takes_nothing_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    kept, _ = opened(tmp_path / "file" / "vectors.npz")
    kept.encode(TEXTS)
    kept.save()
