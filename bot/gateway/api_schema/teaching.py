"""What pharmacists teach: instructions for patients, and language models."""

from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import Field

from bot.gateway.api_schema.common import Day, Instant, Person


class Approver(TypedDict):
    """A person; of a text that came with the feed, only the name is known."""

    username: str | None
    display_name: str
    role: str | None


class InstructionShown(TypedDict):
    """One version of an instruction. `active_id` is the version that patients are told now."""

    version_id: int | None
    series: int | None
    medicine: str
    product_id: str | None
    generic_name: str | None
    form: str | None
    topic: str
    texts: Annotated[dict[str, str], Field(description="By language code.")]
    source: str
    source_url: str | None
    review_due_on: Day
    clinical: bool
    state: Literal["draft", "second", "active", "replaced", "retired"]
    written_by: Person | None
    written_at: Instant | None
    approved_by: Approver | None
    approved_at: Instant | None
    second_by: Person | None
    second_at: Instant | None
    ended_by: Person | None
    ended_at: Instant | None
    imported: bool
    active_id: int | None


class InstructionTopic(TypedDict):
    """What an instruction can be about."""

    name: str
    label: str
    clinical: bool


class InstructionList(TypedDict):
    """One version of each instruction; `expiring` counts those that have to be reviewed."""

    instructions: list[InstructionShown]
    topics: list[InstructionTopic]
    expiring: int


class InstructionVersions(TypedDict):
    """All versions for one medicine and topic, newest first."""

    versions: list[InstructionShown]


class Product(TypedDict):
    """A medicine of the catalogue."""

    product_id: str
    generic_name: str
    strength: str | None
    form: str
    brand_names: list[str]


class ProductList(TypedDict):
    """At most 50."""

    products: list[Product]


class ModelProgress(TypedDict):
    """How far a model under way is; empty when nothing is."""

    step: NotRequired[str]
    done: NotRequired[int]
    of: NotRequired[int]


class Compared(TypedDict):
    """A figure of the model that was active before and of this one."""

    messages: int
    before: float
    after: float


class ModelSeconds(TypedDict):
    """How long it took."""

    training: NotRequired[float]
    testing: NotRequired[float]
    all: NotRequired[float]


class ModelFigures(TypedDict):
    """How a model did; empty before it was tested."""

    accuracy: NotRequired[Compared]
    macro_f1: NotRequired[Compared]
    red_flags_found: NotRequired[Compared]
    false_alarms: NotRequired[Compared]
    clinical_answered_by_bot: NotRequired[Compared]
    all_sentences: NotRequired[int]
    seconds: NotRequired[ModelSeconds]


class ModelCard(TypedDict):
    """A language model: what it was made of, how it did, who switched it on."""

    model_id: int
    state: Literal[
        "queued", "training", "testing", "passed", "refused", "failed", "active", "retired"
    ]
    created_by: str
    created_at: Instant
    data_hash: str | None
    sentences: int
    progress: ModelProgress
    figures: ModelFigures
    refusals: list[str]
    finished_at: Instant | None
    activated_by: str | None
    activated_at: Instant | None
    retired_at: Instant | None


class ModelDifference(TypedDict):
    """A message that a model acts on differently than the one before."""

    set: str
    text: str
    expected: str
    before: str
    after: str
    worse: bool
    safety: bool


class WholeModelCard(ModelCard):
    """A card with its differences."""

    differences: list[ModelDifference]


class ModelSettings(TypedDict):
    """By what a model is judged."""

    largest_drop: float


class ModelList(TypedDict):
    """Every card, newest first."""

    models: list[ModelCard]
    active: int | None
    waiting_sentences: int
    settings: ModelSettings
