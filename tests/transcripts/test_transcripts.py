"""Every transcript of this folder, on the real stack."""

from datetime import UTC
from pathlib import Path

import aiohttp
import pytest

from bot.storage.database import Database
from tests.stack import Clock, Device, RasaProcess, stack
from tests.transcripts.coverage import PAGE, PLAYED, page, situations, transcripts
from tests.transcripts.language import read
from tests.transcripts.runner import Player

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.md"))


@pytest.mark.stack
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
async def test_transcript(path: Path, sqlite_url: str, rasa: RasaProcess) -> None:
    transcript = read(path)
    database = Database(sqlite_url)
    clock = Clock(transcript.now.astimezone(UTC))
    async with (
        stack(database, rasa.url, rasa.actions_port, clock) as (address, app),
        aiohttp.ClientSession() as session,
    ):
        device = Device(session, address)
        await Player(transcript, device, app).play()
        await device.close()
    PLAYED.append(transcript)


def test_every_situation_has_a_transcript() -> None:
    shown = {number for transcript in transcripts() for number in transcript.situations}
    assert sorted(situations()) == list(range(1, 31))
    assert [number for number in situations() if number not in shown] == []


def test_the_page_of_situations_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.transcripts.coverage"
