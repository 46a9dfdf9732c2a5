"""One of each part is killed while people write: with two of each, nobody notices."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from bot.storage.database import Database
from tests.faults.accounts import account
from tests.faults.kept import caught_up, waiting
from tests.faults.load import Load
from tests.faults.report import ROWS, Row
from tests.scale.balancer import Balancer
from tests.scale.chain import Chain, running
from tests.scale.talk import Talk

pytestmark = pytest.mark.stack
CONVERSATIONS = 20
# Before the next part dies, everybody is answered so often.
ANSWERS = 1


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with running(tmp_path_factory.mktemp("chain")) as started:
        yield started


def faults(chain: Chain) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
    """What dies, and how it comes back."""
    gateway, rasa, actions = chain.gateways[0], chain.rasas[1], chain.actions[0]
    return {
        "a gateway": (gateway.kill, gateway.start),
        "a Rasa": (rasa.kill, partial(chain.start_rasa, 1)),
        "a Rasa that hangs": (
            lambda: os.kill(rasa.pid, signal.SIGSTOP), lambda: os.kill(rasa.pid, signal.SIGCONT),
        ),
        "an action server": (actions.kill, actions.start),
        "an action server that hangs": (
            lambda: os.kill(actions.pid, signal.SIGSTOP),
            lambda: os.kill(actions.pid, signal.SIGCONT),
        ),
        "Redis": (chain.redis.kill, chain.redis.start),
    }  # fmt: skip


@pytest.mark.timeout(1800)  # as slow as the machine is
async def test_one_of_each_dies(chain: Chain) -> None:
    database = Database(chain.database_url)
    async with (
        Balancer(*chain.ports) as balancer,
        talk(chain, database) as talking,
        Load(balancer.address, conversations=CONVERSATIONS) as load,
    ):
        answers = ANSWERS
        await load.answers(answers)
        before = await waiting(database)
        for strike, mend in faults(chain).values():
            heard = talking.heard
            await asyncio.to_thread(strike)
            answers += ANSWERS
            await load.answers(answers)
            await asyncio.to_thread(mend)
            await asyncio.to_thread(chain.wait_until_whole)
            await talking.goes_on(heard)
            # Whoever had failed is asked again, and everybody is answered as before.
            answers += 1
            await load.answers(answers)
        await load.finish()
        await caught_up(database, load.devices)
        # An apology would be a fault: there was always another one of each.
        found = await account(database, load.devices, before, recovered_at=0)
        counts = await talking.counts()
        assert min(balancer.taken.values()) > 0, "both gateways have taken devices"
    await database.close()
    ROWS.append(
        Row(
            "one of each killed or hung", "PostgreSQL", len(faults(chain)),
            0 if found.faults() else len(faults(chain)), CONVERSATIONS, found.sent,
            found.apologies, found.lost, found.doubled, found.out_of_order + found.altered,
            found.unanswered + found.wrong, found.escalations, found.escalations_lost, None,
        )
    )  # fmt: skip
    assert found.apologies == 0
    assert not found.faults(), "\n".join(found.notes)
    assert found.answered > CONVERSATIONS * ANSWERS * len(faults(chain)) / 2
    assert counts == {"lost": 0, "doubled": 0, "out of order": 0}
    assert talking.heard > 0


@asynccontextmanager
async def talk(chain: Chain, database: Database) -> AsyncIterator[Talk]:
    """A patient at the first gateway, while that lives, and a pharmacist at the second one."""
    first, second = chain.ports
    async with (
        Balancer(first, second, in_turn=False) as balancer,
        Talk(balancer.address, f"http://127.0.0.1:{second}", database) as talking,
    ):
        yield talking
