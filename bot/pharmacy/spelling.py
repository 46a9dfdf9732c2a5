"""How near a typed word is to a medicine's name: by letters, by sound, and in Spanish."""

import re
import unicodedata

from rapidfuzz.distance import OSA

SHORTEST_CORRECTED = 5

_VOWELS = str.maketrans("", "", "aeiouy")
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("th", "t"),
        ("[cs]h|ck|qu|q", "k"),
        ("sc(?=[eiy])|c(?=[eiy])", "s"),
        ("g(?=[eiy])", "j"),
        ("^x", "s"),
        ("x", "ks"),
        ("c", "k"),
        ("z", "s"),
        ("v", "b"),
        ("y", "i"),
        ("h", ""),
        (r"(.)\1+", r"\1"),
        ("^es(?=[bdfgklmnpqrt])", "s"),
        ("(?<=...)[aeio]$", ""),
    )
)
_SPANISH_LETTERS = (
    ("ph", "f"),
    ("th", "t"),
    ("rh", "r"),
    ("ch(?=[lr])", "c"),
    ("y(?=[^aeiou])", "i"),
    ("([bdfglmnpstz])\\1", "\\1"),
    ("cc(?=[^ei])", "c"),
    ("^s(?=[bcdfgklmnpqt])", "es"),
)
_SPANISH_ENDINGS = (
    ("ine", ("ina", "ino")),
    ("in", ("ina", "ino")),
    ("one", ("ona",)),
    ("ide", ("ida", "ido")),
    ("ate", ("ato",)),
    ("ole", ("ol",)),
    ("ene", ("eno",)),
    ("ane", ("ano",)),
    ("en", ("en", "eno")),
    ("ium", ("io",)),
    ("ic", ("ico",)),
    ("", ("",)),
)


def fold(text: str) -> str:
    """Lower-case letters a-z and digits only, accents dropped."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def sound(word: str) -> str:
    """What a folded word sounds like to an English or a Spanish ear, roughly."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


def spanish_forms(word: str) -> frozenset[str]:
    """How Spanish writes a generic name, without accents: metformin is "metformina".

    By rule, so some forms do not exist; that does no harm where nobody writes them.
    """
    spelled = word
    for pattern, replacement in _SPANISH_LETTERS:
        spelled = re.sub(pattern, replacement, spelled)
    for ending, forms in _SPANISH_ENDINGS:
        if spelled.endswith(ending):
            stem = spelled.removesuffix(ending)
            return frozenset(stem + form for form in forms) - {word}
    return frozenset()


def cost(typed: str, name: str) -> float:
    """Letters changed, swapped, missing or added, where vowels count half."""
    consonants = OSA.distance(typed.translate(_VOWELS), name.translate(_VOWELS))
    return (OSA.distance(typed, name) + consonants) / 2


def allowed_cost(letters: int) -> float:
    """How much may be wrong in a word of so many letters: little where names are short."""
    if letters < SHORTEST_CORRECTED:
        return 0.0
    return {5: 0.5, 6: 1.0, 7: 1.0, 8: 1.5, 9: 1.5, 10: 2.0, 11: 2.0}.get(letters, 2.5)
