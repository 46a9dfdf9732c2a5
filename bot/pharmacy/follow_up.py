"""Short answers that only make sense after a question: "the second one", "and is it ready"."""

import re
import unicodedata

_ORDINALS = {
    0: {"first", "1", "1st", "one", "primero", "primera", "primer", "uno"},
    1: {"second", "2", "2nd", "two", "segundo", "segunda", "dos"},
    2: {"third", "3", "3rd", "three", "tercero", "tercera", "tercer", "tres"},
    3: {"fourth", "4", "4th", "four", "cuarto", "cuarta", "cuatro"},
    4: {"fifth", "5", "5th", "five", "quinto", "quinta", "cinco"},
    5: {"sixth", "6", "6th", "six", "sexto", "sexta", "seis"},
    6: {"seventh", "7", "7th", "seven", "septimo", "septima", "siete"},
    7: {"eighth", "8", "8th", "eight", "octavo", "octava", "ocho"},
    8: {"ninth", "9", "9th", "nine", "noveno", "novena", "nueve"},
    -1: {"last", "ultimo", "ultima"},
}
_FILLERS = frozenset(
    "the a an one ones please number no nr num option choice choose pick that this its it is i "
    "mean meant want thanks el la los las un una por favor numero opcion quiero ese esa este esta "
    "es de".split()
)
_BACK = frozenset("it its that this they them ese esa eso esto lo la este esta estan".split())


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.findall(r"[a-z0-9]+", plain)


def ordinal(text: str) -> int | None:
    """The place in a list that a short answer names, from 0; -1 is the last one.

    Only when the answer says nothing else: "2", "the second one please", "la segunda".
    """
    words = _words(text)
    ordinals = [
        (place, word) for word in words for place, names in _ORDINALS.items() if word in names
    ]
    # "the first one": the word "one" only counts when nothing else does.
    if len(ordinals) > 1:
        ordinals = [item for item in ordinals if item[1] not in ("one", "uno")]
    if len(ordinals) != 1:
        return None
    place, named = ordinals[0]
    return place if all(word == named or word in _FILLERS for word in words) else None


def refers_back(text: str) -> bool:
    """Whether the text points at what was talked about last, without naming anything."""
    return any(word in _BACK for word in _words(text))
