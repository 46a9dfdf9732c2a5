"""Which questions mean the same: the arithmetic of groups, without numpy.

A question is the vector that the language engine gives for it, of length one. A group's centre is
the mean of its questions' vectors; a question joins the group whose centre is nearest, if that is
near enough. A few hundred groups take a millisecond or two.

SAME_MEANING was chosen on 2 x 800 sentences of data/nlu (everyday files, English and Spanish, in
random order), which are spread wide on purpose. `share` is how many sentences found company,
`purity` how many of those are of their group's most frequent intent:

    threshold      0.60        0.65        0.70        0.75
    en share/pur.  .58/.68     .44/.77     .28/.82     .18/.84
    es share/pur.  .57/.66     .42/.73     .27/.82     .15/.89

A pharmacist labels a whole group at once, so a wrong one in it costs more than a group too many.
"""

import math
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

type Vector = array[float]
SAME_MEANING = 0.70


@dataclass
class Centre:
    """A group's centre and how many questions it is the mean of."""

    group_id: int
    vector: Vector
    size: int


def unpack(data: bytes) -> Vector:
    """A vector from float32 numbers, little-endian."""
    vector = array("f")
    vector.frombytes(data)
    if sys.byteorder == "big":
        vector.byteswap()
    return vector


def pack(vector: Vector) -> bytes:
    """The form in which a vector is stored."""
    stored = array("f", vector)
    if sys.byteorder == "big":
        stored.byteswap()
    return stored.tobytes()


def cosine(one: Vector, other: Vector) -> float:
    """How near two vectors are: 1 the same direction, 0 nothing in common."""
    lengths = math.sqrt(math.sumprod(one, one) * math.sumprod(other, other))
    return math.sumprod(one, other) / lengths if lengths else 0.0


def nearest(vector: Vector, groups: Iterable[Centre]) -> Centre | None:
    """The group that a question belongs to; None when none is near enough."""
    best, found = SAME_MEANING, None
    for group in groups:
        if len(group.vector) != len(vector):
            continue  # of another encoder
        near = cosine(vector, group.vector)
        if near >= best:
            best, found = near, group
    return found


def take_in(group: Centre, vector: Vector) -> None:
    """Move the centre for one question more."""
    group.size += 1
    share = 1 / group.size
    group.vector = array(
        "f", (old + (new - old) * share for old, new in zip(group.vector, vector, strict=True))
    )
