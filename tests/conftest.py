"""What all tests share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.places import ROOT, models_folder, vectors_file
from tests.faults import report as faults
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


@pytest.fixture
def own_rasa(tmp_path: Path) -> Iterator[RasaProcess]:
    """A Rasa of this test's own, which may be killed or given another model."""
    process = RasaProcess(model_file(), free_port())
    process.start(tmp_path / "rasa.log")
    yield process
    process.kill()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder with the model of the sources, as after `willcall train`."""
    folder = models_folder(tmp_path)
    folder.mkdir()
    shutil.copyfile(model_file(), folder / model_file().name)
    if vectors_file(ROOT / "var").is_file():
        shutil.copyfile(vectors_file(ROOT / "var"), vectors_file(tmp_path))
    return tmp_path


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where `make faults` wants its table."""
    parser.addoption("--fault-report", type=Path, help="write what the fault tests found here")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what the transcripts of this run have covered, and what the faults have cost."""
    if PLAYED:
        terminalreporter.section("conversations")
        for line in summary():
            terminalreporter.write_line(line)
    if faults.ROWS:
        terminalreporter.section("faults")
        for line in faults.summary():
            terminalreporter.write_line(line)
        if config.getoption("fault_report") is not None:
            faults.write(config.getoption("fault_report"))
