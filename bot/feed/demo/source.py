"""The demonstration pharmacy as it is written down in this folder's YAML files."""

from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

FOLDER = resources.files(__package__)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DemoStore(_Entry):
    """A store; `holidays` gives the hours of the days in holidays.py."""

    store_id: str
    name: str
    phone: str
    address: str
    timezone: str
    hours: dict[str, list[list[str]]]
    holidays: dict[str, list[list[str]]]
    pickup_rules: dict[str, list[str]]
    delivery: dict[str, object]


class DemoProduct(_Entry):
    """A medicine; `key` is how the other files name it."""

    key: str
    id: str
    name: str
    brands: list[str]
    strength: str
    form: str
    dea: str | None = None
    special_order: bool = False
    critical: bool = False


class DemoProxy(_Entry):
    """A caregiver."""

    proxy_id: str
    last_name: str
    born: str
    phone: str
    relationship: str
    expires_on: str | None = None


class DemoPrescription(_Entry):
    """A prescription with its current fill; times are in the words of clock.py."""

    rx: str
    product: str
    directions: str
    quantity: float = 30
    days: int = 30
    refills: int
    written: str = "-90d"
    prescriber: str
    status: str = "active"
    transferred_to: str | None = None
    sensitive: bool = False
    history: list[str] = []
    fill: dict[str, str | int | float]
    prior_authorization: dict[str, str] | None = None
    prescriber_request: dict[str, str] | None = None


class DemoPatient(_Entry):
    """A person; the first word of the name is the first name."""

    patient_id: str
    name: str
    born: str
    phone: str
    language: str
    store: str = "cedar-street"
    proxies: list[DemoProxy] = []
    prescriptions: list[DemoPrescription]

    @property
    def first_name(self) -> str:
        """James, of James Carter."""
        return self.name.split(" ", 1)[0]

    @property
    def last_name(self) -> str:
        """Johnson Jr., of Samuel Johnson Jr."""
        return self.name.split(" ", 1)[1]


class DemoInstruction(_Entry):
    """A text about a medicine: of one product, or of a name and a form."""

    instruction_id: str
    product: str | None = None
    generic_name: str | None = None
    form: str | None = None
    topic: str
    language: str
    text: str
    source: str
    source_url: str = "https://dailymed.nlm.nih.gov/dailymed/"


def load[T](name: str, shape: type[T]) -> T:
    """One file of the folder. ValidationError when it does not have the expected shape."""
    return TypeAdapter(shape).validate_python(yaml.safe_load((FOLDER / name).read_text("utf-8")))
