"""A house of unprivileged processes."""

from collections.abc import Iterator

import pytest

from tests.deploy.processes import House, open_house


@pytest.fixture
def house() -> Iterator[House]:
    """Trees of the images' files, and processes that run in them as nobody."""
    with open_house() as house:
        yield house
