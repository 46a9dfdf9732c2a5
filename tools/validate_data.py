"""Runs `rasa data validate` on the project's language data, warnings counting as errors."""

import os
import subprocess
import sys

from bot.places import RASA_PYTHON, ROOT

COMMAND = "from rasa.__main__ import main; main()"
ARGUMENTS = ["data", "validate", "--fail-on-warnings"]


def main() -> int:
    """The exit status of Rasa's validator; its output only when it fails."""
    done = subprocess.run(
        [str(RASA_PYTHON), "-c", COMMAND, *ARGUMENTS],
        cwd=ROOT,
        env=os.environ | {"RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
