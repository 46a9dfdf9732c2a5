"""What a feed of FHIR does not say of itself."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Options:
    """How a pharmacy's FHIR is to be read (docs/fhir.md).

    `rx_system` is the identifier system of Rx numbers, `store_id` the store of prescriptions that
    name none, `timezone` that of locations that name none. `all_related` takes every related
    person for somebody who may ask for the patient. Resources of the types in `skip` are used to
    resolve references, and give no records of their own.
    """

    rx_system: str | None = None
    store_id: str | None = None
    timezone: str | None = None
    all_related: bool = False
    skip: frozenset[str] = frozenset()


class FhirSettings(Protocol):
    """The settings of the same meaning (docs/settings.md)."""

    @property
    def fhir_rx_system(self) -> str | None: ...
    @property
    def fhir_store(self) -> str | None: ...
    @property
    def fhir_timezone(self) -> str | None: ...
    @property
    def fhir_all_related(self) -> bool: ...
    @property
    def fhir_skip(self) -> Collection[str]: ...


def options_of(settings: FhirSettings) -> Options:
    """What the settings say of a pharmacy's FHIR."""
    return Options(
        rx_system=settings.fhir_rx_system or None,
        store_id=settings.fhir_store or None,
        timezone=settings.fhir_timezone or None,
        all_related=settings.fhir_all_related,
        skip=frozenset(settings.fhir_skip),
    )
