"""The disk below the database is slow, or full, while fifty people write."""

import pytest

from tests.faults.disk import Disk
from tests.faults.processes import Installation
from tests.faults.suffering import Fault, suffer, survived

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("installation", ["sqlite"], indirect=True),
]
SLOW_SECONDS = 6
SLOW_MILLISECONDS = 150
FULL_SECONDS = 4


async def test_the_disk_is_slow(installation: Installation, disk: Disk) -> None:
    fault = Fault(
        "disk slow",
        lambda: disk.becomes_slow(SLOW_MILLISECONDS),
        disk.becomes_sound,
        SLOW_SECONDS,
    )
    survived(await suffer(installation, fault))


async def test_the_disk_is_full(installation: Installation, disk: Disk) -> None:
    fault = Fault("disk full", disk.becomes_full, disk.becomes_sound, FULL_SECONDS)
    found = await suffer(installation, fault)
    survived(found)
    assert found.interrupted > 0
