"""Creates the environments of this folder: `python3 tools/setup.py app|dev|lock`.

Runs on any Python 3.8 or newer with the standard library alone. Brings `uv` into .tools when the
machine has none, then installs exactly what the hashed locks name. A stamp in each environment
says from which locks it was made, so the second time takes a moment.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NoReturn, Optional, Sequence

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
TOOLS = ROOT / ".tools"
STAMP = ".willcall-stamp"
EXTRA = ["--prerelease", "if-necessary", "--no-header", "--generate-hashes", "--upgrade"]


def main() -> None:
    """Do what the first argument says."""
    what = sys.argv[1] if len(sys.argv) > 1 else "app"
    if what not in ("app", "dev", "lock"):
        fail("say app, dev or lock")
    os.chdir(str(ROOT))
    uv = find_uv()
    if what == "lock":
        lock(uv)
        return
    create(uv, ".venv", "3.12", "dev" if what == "dev" or has_dev() else "app")
    create(uv, ".venv-rasa", "3.10", "rasa")


def create(uv: str, folder: str, python: str, lock_name: str) -> None:
    """Bring one environment to what its lock says, unless it is there already."""
    place = ROOT / folder
    stamp = place / STAMP
    wanted = f"{lock_name} {digest(lock_name)}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    started = time.time()
    say(f"{folder}: installing {lock_name} on Python {python} (the first time takes a while)")
    if not (place / "bin" / "python").exists():
        run([uv, "venv", "--quiet", "--python", python, folder], f"Python {python} is missing")
    interpreter = str(place / "bin" / "python")
    install = [uv, "pip", "install", "--python", interpreter]
    run(
        [*install, "--no-deps", "--require-hashes", "-r", str(LOCKS / f"{lock_name}.txt")],
        "the packages could not be installed: is the package index reachable?",
    )
    if folder == ".venv":
        run([*install, "--quiet", "--no-deps", "--no-build-isolation", "-e", "."], "")
    stamp.write_text(wanted, encoding="utf-8")
    say(f"{folder}: ready after {time.time() - started:.0f} s")


def digest(lock_name: str) -> str:
    """What an environment depends on, by content."""
    files = [LOCKS / f"{lock_name}.txt"] + (
        [ROOT / "pyproject.toml"] if lock_name != "rasa" else []
    )
    total = hashlib.sha256()
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()


def has_dev() -> bool:
    """Whether .venv was made for tests before: then it stays so."""
    stamp = ROOT / ".venv" / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8").startswith("dev ")


def find_uv() -> str:
    """The machine's uv, or ours."""
    found = shutil.which("uv")
    if found:
        return found
    own = TOOLS / "bin" / "uv"
    if own.is_file():
        return str(own)
    say("bringing uv, the installer, into .tools")
    python = sys.executable
    hashes = ["--require-hashes", "-r", str(LOCKS / "uv.txt")]
    quiet = ["--quiet", "--disable-pip-version-check"]
    if attempt([python, "-m", "venv", str(TOOLS)]):
        run([str(TOOLS / "bin" / "python"), "-m", "pip", "install", *quiet, *hashes], NO_UV)
    else:
        # A Python without ensurepip, as some distributions ship it.
        run([python, "-m", "pip", "install", *quiet, "--target", str(TOOLS), *hashes], NO_UV)
    return str(own)


NO_UV = "uv could not be installed: install it yourself (pip install uv) and try again"


def lock(uv: str) -> None:
    """Resolve the .in files again. Locks carry hashes and no addresses."""
    for name, python, more in (
        ("app", "3.12", []),
        ("dev", "3.12", ["-c", "requirements/app.txt"]),
        ("rasa", "3.10", ["--override", "requirements/rasa.overrides"]),
        ("uv", "3.12", ["--universal"]),
    ):
        say(f"resolving requirements/{name}.txt")
        source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
        command = [uv, "pip", "compile", "--quiet", *EXTRA, "--python-version", python]
        run([*command, *more, source, "-o", target], f"{source} cannot be resolved")


def attempt(command: Sequence[str]) -> bool:
    """Run a command quietly; whether it worked."""
    environment: Dict[str, str] = dict(os.environ)
    result = subprocess.run(
        list(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
        check=False,
    )  # fmt: skip
    return result.returncode == 0


def run(command: List[str], remedy: Optional[str]) -> None:
    """Run a command; stop with what to do when it fails."""
    if subprocess.run(command, check=False).returncode != 0:
        fail(remedy or "the step above failed")


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> NoReturn:
    """Stop with a message."""
    say(text)
    sys.exit(1)


if __name__ == "__main__":
    main()
