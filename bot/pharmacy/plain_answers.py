"""Whether a request is said as an answer: "yes, cancel it" to "shall I cancel it?"."""

from bot.pharmacy.folding import plain_words

_YES = frozenset("yes yeah yep yup sure ok okay please si claro dale".split())
_NO = frozenset("no not don dont t never nope nunca tampoco wait espere espera but pero".split())


def begins_with_yes(text: str) -> bool:
    """Whether the text begins with a yes and has no word that could take it back."""
    words = plain_words(text).split()
    return bool(words) and words[0] in _YES and _NO.isdisjoint(words)
