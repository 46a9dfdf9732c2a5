"""Where the project's parts are: its folder, the two environments, the trained model."""

import hashlib
from pathlib import Path

import bot

ROOT = Path(bot.__file__).resolve().parent.parent
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"

# What a trained model depends on. Folders count with every file below them.
SOURCES = (
    *("config.yml", "domain.yml", "data/nlu", "data/rules", "bot/nlu", "bot/pharmacy/red_flags"),
    "requirements/rasa.txt",
)
SUFFIXES = {".yml", ".py", ".txt", ".json"}


def sources_digest(root: Path = ROOT) -> str:
    """A digest of everything that the model is trained from, by content."""
    digest = hashlib.sha256()
    for source in SOURCES:
        place = root / source
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            if file.is_file() and file.suffix in SUFFIXES:
                digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def model_path(data_dir: Path, root: Path = ROOT) -> Path:
    """The model that belongs to the present sources, whether or not it exists yet."""
    return model_in(models_folder(data_dir), root)


def model_in(folder: Path, root: Path = ROOT) -> Path:
    """The same, in a folder of models."""
    return folder / f"willcall-{sources_digest(root)}.tar.gz"


def models_folder(data_dir: Path) -> Path:
    """Where trained models lie."""
    return data_dir.resolve() / "models"


def vectors_file(data_dir: Path) -> Path:
    """What the sentence encoder has computed, kept for the next training."""
    return models_folder(data_dir) / "vectors.npz"
