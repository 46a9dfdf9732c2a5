"""Which of several products a patient means by a strength or a form: "the 20 mg", "the cream"."""

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.pharmacy.medicine import Medicine
from bot.pharmacy.spelling import fold
from bot.pharmacy.strengths import Strength, product_strength, stated_strengths

# What patients write, and what the form or the name of such a product says. Left out because
# they mean something else more often: "dr" (doctor), "la" (Spanish), "drop", "regular".
_FORMS: tuple[tuple[str, str], ...] = (
    (r"pills?|pastillas?", r"tablet|capsule|caplet"),
    (r"tablets?|tabs?|tabletas?|comprimidos?", r"tablet|caplet"),
    (r"capsules?|caps?|capsulas?", r"capsule"),
    (r"inhalers?|puffers?|hfa|inhaladore?s?", r"inhal|aerosol|hfa"),
    (r"nebulizers?|nebs?|nebules?|nebulizador", r"nebul|inhalation solution"),
    (r"pens?|kwikpen|flexpen|solostar|plumas?|lapiz", r"\bpens?\b|injector|kwikpen|flexpen"),
    (r"vials?|viales", r"vial"),
    (r"shots?|injections?|inyeccion(?:es)?|syringes?|jeringas?", r"inject|syringe|vial|\bpen\b"),
    (r"creams?|cremas?", r"cream"),
    (r"ointments?|unguentos?|pomadas?", r"ointment"),
    (r"gels?", r"\bgel\b"),
    (r"lotions?|lociones|locion", r"lotion"),
    (r"foam|espuma", r"foam"),
    (r"shampoo|champu", r"shampoo"),
    (r"patch|patches|parches?", r"patch|transdermal"),
    (r"eye drops?|eyedrops?|gotas para (?:el|los) ojos?", r"eye|ophthalmic"),
    (r"ear drops?|eardrops?|gotas para (?:el|los) oidos?", r"\bear\b|otic"),
    (r"drops|gotas", r"drops|ophthalmic|otic"),
    (r"nasal|nose spray|nariz", r"nasal"),
    (r"spray|espray", r"spray"),
    (
        r"liquid|syrup|suspension|jarabe|liquido|oral solution",
        r"suspension|syrup|elixir|oral solution|oral liquid|concentrate",
    ),
    (r"suppositor(?:y|ies)|supositorios?", r"suppositor"),
    (r"chewables?|chewy|masticables?", r"chew"),
    (r"odt|dissolv\w+|disintegrating|sublingual", r"disintegrat|odt|sublingual"),
    (r"powder|polvo", r"powder"),
    (
        r"(?<!\bthe )(?<!\ban )(?<!\bin )(?<!\bto )er|xr|xl|sr|extended release|long acting"
        r"|slow release|time release|liberacion prolongada|24 hour",
        r"extended|\b(?:er|xr|xl|sr|cr|la)\b|24 ?hour|sustained",
    ),
    (r"immediate release|short acting|liberacion inmediata", r"^(?!.*(?:extended|delayed|\bxr\b))"),
    (r"delayed release|enteric coated|enteric|ec", r"delayed|enteric|\b(?:dr|ec)\b"),
)
_STATED_FORMS = tuple(
    (re.compile(rf"\b(?:{stated})\b"), re.compile(product)) for stated, product in _FORMS
)


def narrow(medicines: Sequence[Medicine], text: str) -> tuple[Medicine, ...]:
    """The products that fit every strength and form the text states.

    All of them, unchanged, when it states none or when none fits: a choice is never made on
    words that contradict the catalogue. `stated_strength` tells what was asked for.
    """
    strengths = stated_strengths(text)
    forms = _forms(text)
    fitting = tuple(
        medicine
        for medicine in medicines
        if _has_strength(medicine, strengths) and all(_has_form(medicine, form) for form in forms)
    )
    return fitting or tuple(medicines)


def names_form(text: str) -> bool:
    """Whether the text states a form: "the inhaler", "las gotas"."""
    return bool(_forms(text))


def _forms(text: str) -> list[re.Pattern[str]]:
    words = " ".join(fold(word) for word in re.findall(r"\w+", text))
    return [product for stated, product in _STATED_FORMS if stated.search(words)]


def _has_strength(medicine: Medicine, stated: Sequence[Strength]) -> bool:
    """Whether any stated strength is this product's: "the 10 and the 20" keeps both."""
    return not stated or any(one.fits(_parsed(medicine.strength)) for one in stated)


def _has_form(medicine: Medicine, form: re.Pattern[str]) -> bool:
    names = " ".join((medicine.form, medicine.generic_name, *medicine.brand_names))
    return form.search(names.casefold()) is not None


@lru_cache(maxsize=4096)
def _parsed(strength: str) -> Strength:
    return product_strength(strength)
