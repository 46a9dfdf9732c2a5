"""The prescriptions that a question can mean, and what narrows them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN
from bot.pharmacy.medicine_names import Medicine, narrow
from bot.services.access import PrescriptionView
from bot.services.catalogue import as_medicine


@dataclass(frozen=True)
class Meant:
    """The prescriptions that the question is about, one after the other."""

    views: tuple[PrescriptionView, ...]


@dataclass(frozen=True)
class Unclear:
    """Several fit: the patient has to choose. `response` says why they are asked."""

    views: tuple[PrescriptionView, ...]
    response: str
    values: dict[str, str]


@dataclass(frozen=True)
class NothingOnFile:
    """The patient has no prescription that can be talked about here."""


Relevant = Callable[[PrescriptionView], bool]
Views = Sequence[PrescriptionView]
# Finds out which of the visible ones are relevant.
Relevance = Callable[[Views], Awaitable[Relevant]]


def is_open(view: PrescriptionView) -> bool:
    """Whether a fill of it is on its way or waits for the patient."""
    return view.fill is not None and not FILL_STATES.get(view.fill.state, UNKNOWN).finished


def is_active(view: PrescriptionView) -> bool:
    """Whether the prescription itself is in use."""
    return view.prescription.status == "active"


def no_such_strength(views: Views, strength: str) -> Unclear:
    """None of these, all of one medicine, has the strength that was asked for."""
    values = {"medicine": views[0].product.generic_name, "strength": strength}
    return Unclear(tuple(views), "strength_not_on_file", values)


def in_progress(views: Views) -> list[PrescriptionView]:
    """Those with a fill on its way, where there are any."""
    return [view for view in views if is_open(view)] or list(views)


def one_of(views: Views) -> Meant | Unclear:
    """The only one, or a choice among several."""
    if len(views) == 1:
        return Meant((views[0],))
    return Unclear(tuple(views), "which_prescription", {})


def of_medicines(views: Views, medicines: Sequence[Medicine]) -> list[PrescriptionView]:
    """The prescriptions for any of these products."""
    named = {medicine.product_id for medicine in medicines}
    return [view for view in views if view.product.product_id in named]


def narrowed_to(views: Views, text: str) -> list[PrescriptionView]:
    """Those that fit the strength and the form which a text states; all, when none does."""
    kept = narrow([as_medicine(view.product) for view in views], text)
    ids = {medicine.product_id for medicine in kept}
    return [view for view in views if view.product.product_id in ids]


def has_strength(views: Views, text: str) -> bool:
    """Whether the strength that was typed is one of these: narrowing keeps exactly those."""
    return all(
        narrow([as_medicine(view.product), _without_strength(view)], text)
        == (as_medicine(view.product),)
        for view in views
    )


def _without_strength(view: PrescriptionView) -> Medicine:
    medicine = as_medicine(view.product)
    return Medicine("", medicine.generic_name, medicine.brand_names, "", medicine.form)
