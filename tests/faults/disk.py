"""A disk that can be made slow or full for one process, with a shim before the C library."""

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("disk.c")
MISSING = "The tests of slow disks need a C compiler (on Debian: apt install gcc libc6-dev)."


class Disk:
    """The files below `below`, for processes started with `environment`.

    RuntimeError when there is no compiler.
    """

    def __init__(self, folder: Path, below: Path) -> None:
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise RuntimeError(MISSING)
        shim = folder / "disk.so"
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O2", "-o", str(shim), str(SOURCE), "-ldl"], check=True
        )
        self.below = below
        self._state = folder / "disk.state"
        self.environment = {
            "LD_PRELOAD": str(shim),
            "FAULTY_DISK": str(self._state),
            "FAULTY_DISK_BELOW": str(below),
        }

    def becomes_slow(self, milliseconds: int) -> None:
        """From now on it takes so long until data are durable."""
        self._become(f"{milliseconds} 0")

    def becomes_full(self) -> None:
        """From now on nothing can be written."""
        self._become("0 1")

    def becomes_sound(self) -> None:
        """As it was."""
        self._become("0 0")

    def _become(self, state: str) -> None:
        # Replaced as a whole: nobody reads half of it.
        new = self._state.with_suffix(".new")
        new.write_text(state)
        new.replace(self._state)
