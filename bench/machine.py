"""What a result was measured on: the commit, and the kind of machine but never its name."""

import os
import platform
import subprocess

from bot.places import ROOT


def commit() -> str:
    """The present commit; "-dirty" behind it if tracked files have changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip()


def machine() -> str:
    """Processor, system, and the cores that this process may use."""
    cores = len(os.sched_getaffinity(0))
    return f"{platform.machine()}, {platform.system()}, {cores} cores"
