"""Passwords that are guessed first: made of few pieces that everybody thinks of.

No list of leaked passwords comes with Willcall. Those lists consist of a few words, walks over the
keyboard, dates and repetitions, with digits and signs put in; a password that falls apart into at
most three such pieces is refused. One of three or four unrelated words passes.
"""

import re
from collections.abc import Iterable

MOST_PIECES = 3
# What people write for letters.
_LETTERS = str.maketrans("@4301!|5$7+", "aaeoiiisstt")
_WALKS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm",
    "1234567890", "abcdefghijklmnopqrstuvwxyz", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujm",
    "1qaz2wsx3edc4rfv5tgb6yhn", "zaqxswcdevfrbgt", "q1w2e3r4t5y6u7i8o9p0",
)  # fmt: skip
_ROWS = tuple(_WALKS) + tuple(walk[::-1] for walk in _WALKS)
_SHORTEST_WALK = 3
_SCRAP = 2
WORDS = frozenset(
    """
    password passwort contrasena passcode passphrase pass word secret geheim secreto admin
    administrator root user username usuario guest test testing tester temp temporary default
    login logon signin welcome willkommen bienvenido hello hallo hola goodbye letmein letme open
    sesame change changeme please access private master super superman batman spiderman pokemon
    dragon monkey tiger lion eagle shadow sunshine moonlight starlight princess prince queen king
    angel devil heaven love loveyou iloveyou iloveu sweet honey baby babygirl sugar flower rose
    summer winter spring autumn fall january february march april may june july august september
    october november december monday tuesday wednesday thursday friday saturday sunday football
    baseball basketball soccer hockey golf tennis yankees lakers cowboys steelers eagles arsenal
    liverpool chelsea barcelona realmadrid freedom liberty america american usa texas california
    newyork london paris berlin computer internet google facebook amazon apple microsoft windows
    linux samsung iphone android server system network security qwerty asdf michael michelle
    jennifer jessica ashley amanda daniel david robert thomas charlie george andrew matthew joshua
    jordan hunter nicole maggie ginger pepper buster harley ranger thunder lightning phoenix falcon
    mustang ferrari porsche mercedes corvette yamaha money dollar lucky happy birthday christmas
    halloween easter jesus christ god blessed church cookie chocolate banana orange cherry coffee
    cheese purple yellow green blue red black white silver golden diamond trustno trustnoone one
    two three four five six seven eight nine zero number magic wizard merlin gandalf starwars
    matrix hacker whatever nothing something forever always never family mother father mommy daddy
    sister brother friend friends company office work job boss manager staff pharmacy pharmacist
    technician apotheke farmacia willcall will call prescription medicine medication drug drugs
    drugstore doctor nurse hospital clinic health healthcare patient pill pills refill pickup
    counter cedar street store shop my the is our new old me you we i a an and in at of to for
    """.split()
)
# A year, any number, something again and again.
_PIECES = (re.compile(r"(?:19|20)\d\d"), re.compile(r"\d+"), re.compile(r"(.{1,12}?)\1+"))


def is_common(folded: str, username: str = "") -> bool:
    """Whether a case-folded password, of at most some hundred characters, is guessed early.

    Signs between and after its pieces cost nothing.
    """
    words = WORDS | ({username.casefold()} if len(username) > _SCRAP else frozenset())
    fewest = [len(folded) + 1] * len(folded) + [0]
    for at in range(len(folded) - 1, -1, -1):
        if not folded[at].isalnum():
            fewest[at] = fewest[at + 1]
        ends = _ends(folded, at, words)
        fewest[at] = min(fewest[at], 1 + min(fewest[end] for end in ends))
    return fewest[0] <= MOST_PIECES


def _ends(text: str, at: int, words: Iterable[str]) -> set[int]:
    """Where a piece that begins here may end; one or two characters of any kind are a piece."""
    found = set(range(at + 1, min(at + _SCRAP, len(text)) + 1))
    letters = text.translate(_LETTERS)
    found |= {
        at + len(word)
        for word in words
        if text.startswith(word, at) or letters.startswith(word, at)
    }
    found |= {match.end() for pattern in _PIECES if (match := pattern.match(text, at))}
    return found | {at + length for row in _ROWS if (length := _walked(text, at, row))}


def _walked(text: str, at: int, row: str) -> int:
    """How many characters from here follow a row of keys, if enough do."""
    begin = row.find(text[at : at + _SHORTEST_WALK])
    length = 0
    while at + length < len(text) and row[begin + length : begin + length + 1] == text[at + length]:
        length += 1
    return length if begin >= 0 and length >= _SHORTEST_WALK else 0
