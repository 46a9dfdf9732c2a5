"""What stops the start of Rasa's process, and what it says then."""

import os
import subprocess
from pathlib import Path

from bot.places import RASA_PYTHON, ROOT, model_in
from tests.stack import model_file


def refused(model: Path, **variables: str) -> str:
    """The log of a start that must fail."""
    done = subprocess.run(
        [
            str(RASA_PYTHON), "-m", "bot.nlu.serve", "--port", "1", "--model", str(model),
            "--actions-url", "http://127.0.0.1:1",
        ],
        cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_a_folder_without_the_model_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "willcall-0123456789abcdef.tar.gz").write_text("of other files")
    said = refused(tmp_path)
    assert f"there is no model at {model_in(tmp_path)}; `willcall train` makes it" in said


def test_a_token_that_cannot_be_read(tmp_path: Path) -> None:
    said = refused(model_file(), WILLCALL_RASA_TOKEN_FILE=str(tmp_path / "token"))
    assert "WILLCALL_RASA_TOKEN_FILE: the file cannot be read (FileNotFoundError)" in said
