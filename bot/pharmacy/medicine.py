"""One product of the catalogue, and a mention of it in what a patient wrote."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Medicine:
    """One product as the pharmacy's catalogue writes it: a generic in one strength and form."""

    product_id: str
    generic_name: str
    brand_names: tuple[str, ...]
    strength: str
    form: str


@dataclass(frozen=True)
class Mention:
    """A place in the text that names a medicine.

    `medicines` holds every product that the words can mean, the best first; products of the same
    name are all there. `containing` holds what the words can mean at a stretch: combinations with
    the ingredient that was named, and for "lisinopril hctz" each of the two alone. It is for use
    when the patient has none of `medicines`, and then to be named in full.

    `words` is the text as typed. `exact` is False when the spelling had to be corrected: ask
    before acting on it. `score` runs from 0 to 100.
    """

    medicines: tuple[Medicine, ...]
    words: str
    exact: bool
    score: float
    containing: tuple[Medicine, ...] = ()
