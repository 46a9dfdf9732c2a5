"""Short answers that only make sense after a question: "the second one", "and is it ready"."""

import re

from bot.pharmacy.folding import plain_words

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
FILLERS = frozenset(
    "the a an one ones please number no nr num option choice choose pick that this its it is i "
    "mean meant want thanks and what about how now also ok okay sorry actually yes ready s then "
    "el la los las un una por favor numero opcion quiero ese esa este esta es de y que con si "
    "perdon ahora tambien lista listo".split()
)
_BACK = frozenset("it its that this they them ese esa eso esto lo la este esta estan".split())
_OTHER = re.compile(
    r"\b(?:(?:the|my|that|those|any) others?|another one|the rest(?: of them)?|other (?:one|ones"
    r"|medicines?|meds?|prescriptions?|pills?|scripts?|refills?)"
    r"|(?:el|la|los|las|mi|mis) otr[oa]s?|otr[oa]s? (?:recetas?|medicinas?|medicamentos?)"
    r"|las demas|los demas)\b"
)


def ordinal(text: str) -> int | None:
    """The place in a list that a short answer names, from 0; -1 is the last one.

    Only when the answer says nothing else: "2", "the second one please", "la segunda".
    """
    words = plain_words(text).split()
    ordinals = [
        (place, word) for word in words for place, names in _ORDINALS.items() if word in names
    ]
    # "the first one": the word "one" only counts when nothing else does.
    if len(ordinals) > 1:
        ordinals = [item for item in ordinals if item[1] not in ("one", "uno")]
    if len(ordinals) != 1:
        return None
    place, named = ordinals[0]
    return place if all(word == named or word in FILLERS for word in words) else None


def refers_back(text: str) -> bool:
    """Whether the text points at what was talked about last, without naming anything."""
    return any(word in _BACK for word in plain_words(text).split())


def asks_other(text: str) -> bool:
    """Whether the text asks for what was not talked about yet: "and the other one?"."""
    return _OTHER.search(plain_words(text)) is not None
