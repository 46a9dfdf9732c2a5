"""How many examples a property gets, and how hypothesis looks for them."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

from tests.fuzz.tally import FACTOR

ALWAYS_THE_SAME = os.environ.get("HYPOTHESIS_PROFILE") == "ci" and FACTOR == 1


def examples(many: int, **more: Any) -> settings:
    """Settings for `many` examples, or so many times as much under `make fuzz`.

    In CI they are the same in every run. A gateway remembers what it was sent, so that there is
    no use in keeping examples for the next run.
    """
    return settings(
        max_examples=many * FACTOR,
        derandomize=ALWAYS_THE_SAME,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
