"""Work counted in calls of functions, Python's own included: no clock, no busy machine."""

import sys
from collections.abc import Callable


def calls[Given](work: Callable[[Given], object], given: Given) -> int:
    """How many functions `work` calls. It is done once before, to fill caches."""
    work(given)
    return calls_at_first(work, given)


def calls_at_first[Given](work: Callable[[Given], object], given: Given) -> int:
    """How many functions `work` calls when it is done for the first time."""
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work(given)
    finally:
        sys.setprofile(None)
    return count
