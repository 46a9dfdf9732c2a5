"""What all tests share."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.stack import RasaProcess, free_port, model_file
from tests.transcripts.coverage import PLAYED, summary

pytest_plugins = ["tests.databases"]

# A shared machine is slow at times; no property depends on how fast it is.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaProcess]:
    """Rasa with the trained model of the present sources, started once for all tests."""
    process = RasaProcess(model_file(), free_port())
    process.start(tmp_path_factory.mktemp("rasa") / "rasa.log")
    yield process
    process.kill()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the transcripts of this run have covered."""
    if PLAYED:
        terminalreporter.section("conversations")
        for line in summary():
            terminalreporter.write_line(line)
