"""The folder of the trained models: names, hashes, what has been read with each, what may go."""

import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.teaching.deployed import Reading

READINGS = ".readings.json"
# The models of sources are never cleared away: `willcall train` trains them anew.
TAUGHT = "taught-"


def file_name(model_id: int, data_hash: str) -> str:
    """The archive of a candidate."""
    return f"{TAUGHT}{model_id:05d}-{data_hash}.tar.gz"


def data_hash(digest: str, reviewed: str) -> str:
    """What a candidate is made of: the sources' digest, and that of the approved sentences."""
    return f"{digest}.{hashlib.sha256(reviewed.encode()).hexdigest()[:16]}"


def kept_readings(model: Path, digest: str, texts: Sequence[str]) -> list[Reading] | None:
    """What a model made of these texts when they were last read; None when that is not known.

    `digest` is that of the sources, whose code reads with the model.
    """
    try:
        stored = json.loads(_readings_file(model).read_text(encoding="utf-8"))
        if stored["key"] != _key(model, digest, texts):
            return None
        readings = [
            Reading(intent, [(name, float(share)) for name, share in ranking])
            for intent, ranking in stored["readings"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return readings if len(readings) == len(texts) else None


def keep_readings(
    model: Path, digest: str, texts: Sequence[str], readings: Sequence[Reading]
) -> None:
    """Keep what a model makes of texts beside it. Raises OSError."""
    found = [(reading.intent, list(reading.ranking)) for reading in readings]
    stored = json.dumps({"key": _key(model, digest, texts), "readings": found})
    place = _readings_file(model)
    fresh = place.with_suffix(".new")
    fresh.write_text(stored, encoding="utf-8")
    fresh.replace(place)


def clear(folder: Path, kept: Collection[str], unneeded: Collection[str]) -> None:
    """Delete the files of taught models that nobody needs any more. Raises OSError."""
    for name in unneeded:
        if name.startswith(TAUGHT) and name not in kept:
            (folder / name).unlink(missing_ok=True)
            _readings_file(folder / name).unlink(missing_ok=True)


def _readings_file(model: Path) -> Path:
    return model.with_name(model.name + READINGS)


def _key(model: Path, digest: str, texts: Sequence[str]) -> str:
    key = hashlib.sha256(f"{digest}\n{json.dumps(list(texts))}\n".encode())
    with model.open("rb") as file:
        key.update(hashlib.file_digest(file, "sha256").digest())
    return key.hexdigest()
