"""Runs what is in an image without a container: read-only files, and a user who owns nothing."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.places import RASA_PYTHON, ROOT
from tests.deploy.images import HOME, files
from tests.stack import free_port

NOBODY = 65534
START_SECONDS = 120
WILLCALL = "import sys; from bot.cli.main import main; sys.exit(main())"
PYTHON = {"app": ROOT / ".venv" / "bin" / "python", "rasa": RASA_PYTHON}


def unprivileged() -> list[str]:
    """How to run a program as nobody. Tests that do not run as root stay who they are.

    The one capability lets it reach an interpreter in a private home; it permits no writing.
    """
    if os.geteuid() != 0:
        return []
    caps = "-all,+dac_read_search"
    return [
        "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs",
        f"--inh-caps={caps}", f"--ambient-caps={caps}", f"--bounding-set={caps}", "--",
    ]  # fmt: skip


class House:
    """The processes of one installation, each on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._folder = folder
        self._log = folder / "log"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.ports = {name: free_port() for name in ("gateway", "rasa", "actions")}
        self.data.mkdir()
        (self.data / "models").mkdir()

    def tree(self, image: str) -> Path:
        """A folder with the repository's files of an image, nothing writable."""
        tree = self._folder / image
        if tree.exists():
            return tree
        for place, source in files(image).items():
            target = tree / Path(place).relative_to(HOME)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / source, target)
            target.chmod(0o444)
        for folder, _, _ in os.walk(tree):
            Path(folder).chmod(0o555)
        return tree

    def give(self, model: Path) -> None:
        """Put a trained model into the models folder, and the data folder into nobody's hands."""
        shutil.copyfile(model, self.data / "models" / model.name)
        if os.geteuid() == 0:
            for path in (self.data, *self.data.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def run(self, image: str, *arguments: str) -> int:
        """Run Python to its end; the exit status."""
        return self._popen(image, *arguments).wait(START_SECONDS)

    def willcall(self, *arguments: str) -> int:
        """Run one of the commands; its exit status."""
        return self.run("app", "-c", WILLCALL, *arguments)

    def start(self, image: str, module: str, *arguments: str) -> None:
        """Start one of the processes."""
        self._processes.append(self._popen(image, "-m", module, *arguments))

    def wait_until_well(self, name: str, image: str, path: str) -> None:
        """Wait for the answer of the image's own health check."""
        deadline = time.monotonic() + START_SECONDS
        while self.run(image, "-m", "bot.health", self.address(name) + path) != 0:
            assert all(process.poll() is None for process in self._processes), self.log()
            assert time.monotonic() < deadline, f"{name} is not well:\n{self.log()}"
            time.sleep(0.2)

    def log(self) -> str:
        """What the processes have printed."""
        return self._log.read_text(errors="replace")

    def strange_files(self, image: str) -> set[str]:
        """What is in a tree and was not copied into it."""
        tree = self.tree(image)
        found = {str(HOME / path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
        return found - files(image).keys()

    def close(self) -> None:
        """End what was started."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _popen(self, image: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.data), "PYTHONDONTWRITEBYTECODE": "1",
            "WILLCALL_DATA_DIR": str(self.data), "WILLCALL_DEMO": "0",
            "WILLCALL_PORT": str(self.ports["gateway"]),
            "WILLCALL_RASA_URL": self.address("rasa"),
            "WILLCALL_ACTIONS_PORT": str(self.ports["actions"]),
        }  # fmt: skip
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [*unprivileged(), str(PYTHON[image]), *arguments],
                cwd=self.tree(image), env=environment, stdout=output, stderr=output,
            )  # fmt: skip


@contextmanager
def open_house() -> Iterator[House]:
    """A house in a folder that everybody may enter; gone afterwards, with its processes."""
    folder = Path(tempfile.mkdtemp(prefix="willcall-images-"))
    folder.chmod(0o755)
    house = House(folder)
    try:
        yield house
    finally:
        house.close()
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)
