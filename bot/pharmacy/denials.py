"""What a patient says it is not: "not the metformin, the lisinopril" asks for the lisinopril."""

import re
from dataclasses import dataclass

_POINTER = r"(?:the|my|that|this|those|these|his|her|for|about|el|la|los|las|mi|mis|ese|esa)"
# Where what is denied ends: a break, "but", "I meant", or the next "the". A dot in a number is
# no break.
_END = (
    r"(?=\s*(?:[,;:!?]|\.(?!\d)|\s-+\s|\n|$)"
    r"|\s+(?:but|pero|sino|i (?:mean|meant|want|wanted|need)|quise decir|me refiero)\b"
    r"|\s+(?:the|my|el|la|los|las|mi)\b)"
)
_WHAT = r"[^,;:!?\n]{1,60}?"
# "is not my insulin…" and "isn't the metformin ready" ask; "it's not the metformin" denies.
_NOT = (
    r"(?:\b(?:it|that|this)(?:['’]?s| is| was) not"
    r"|\b(?:it|that|this) (?:is|was)n['’]?t"
    r"|\b(?:do|did)(?:n['’]?t| not) mean"
    r"|(?<!\bis )(?<!\bwas )(?<!\bare )(?<!\bwere )(?<!\bdo )(?<!\bdid )(?<!\bdoes )(?<!\bwhy )"
    r"(?<!\bhas )(?<!\bhave )(?<!\bwill )(?<!\bcan )(?<!\bif )(?<!\bor )\bnot)"
)
_DENIED = re.compile(
    rf"{_NOT} (?P<en>(?:{_POINTER}\s+)+{_WHAT}){_END}"
    rf"|(?:^|[,;.]\s*)(?:no,? )?not (?P<bare>[\w'’-]+)(?=\s*(?:[,;.]|$)|\s+but\b)"
    # "no la metformina, el lisinopril"; but "no, la metformina" asks for the metformin.
    rf"|(?:^|[,;.]\s*)no (?:es |era )?(?P<es>(?:el|la|los|las|mi|ese|esa)\s+{_WHAT})"
    r"(?=\s*[,;.]|\s+(?:sino|pero)\b)"
    r"|(?:^|[,;.]\s*)(?P<after>(?:(?:el|la|los|las|mi)\s+)?[\w'’-]+) no(?=\s*[,;.])"
    r"|\b(?:instead of|rather than|en vez de|en lugar de)\s+"
    rf"(?P<instead>(?:{_POINTER}\s+)*[^\s,;:!?]+)",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"^[\s,;.:!?-]+|\s+(?=[,;.])|[\s,;:-]+$")
_NOTHING_ELSE = re.compile(
    r"^(?:no|nope|sorry|perdon|perdón|it|it's|its|i|but|pero|sino|es|ok|okay|please|actually|[\s,.;:!?'’-])*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wanted:
    """What a text asks for, and what it says it does not mean. Either may be empty."""

    text: str
    denied: str = ""


def wanted(text: str) -> Wanted:
    """Take what is denied out of a text; a text that denies nothing named stays as it is.

    Only a negation right before a name or a pointer counts: "I did not get my metformin" and
    "is it not ready" deny nothing.
    """
    found = [
        part for match in _DENIED.finditer(text) for part in match.groupdict().values() if part
    ]
    if not found:
        return Wanted(text)
    kept = _LEFT_OVER.sub("", _DENIED.sub(" ", text)).strip()
    return Wanted("" if _NOTHING_ELSE.match(kept) else kept, ", ".join(found))
