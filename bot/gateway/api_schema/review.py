"""What pharmacists review: the questions, what they can mean, and the numbers."""

from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from bot.gateway.api_schema.common import Day, Instant, Person, Queue


class Question(TypedDict):
    """A message to review; its text is redacted."""

    question_id: int
    kind: Literal["unanswered", "unsure", "not_helpful"]
    text: str
    locale: str
    intent: str | None
    confidence: float | None
    ranking: Annotated[list[Any], Field(description="Pairs of an intent and its confidence.")]
    status: Literal["new", "answered", "labelled", "dismissed"]
    asked_at: Instant
    group_id: int | None
    label: str | None
    reviewed_by: Person | None
    reviewed_at: Instant | None
    conversation_id: str | None
    reachable: bool


class QuestionGroup(TypedDict):
    """Questions of one meaning."""

    group_id: int
    locale: str
    size: int
    new: int
    oldest_at: Instant
    newest_at: Instant
    examples: list[str]
    guess: str | None


class QuestionCounts(TypedDict):
    """How many there are of each status."""

    new: int
    answered: int
    labelled: int
    dismissed: int


class QuestionList(TypedDict):
    """What is to review, with its groups."""

    questions: list[Question]
    groups: list[QuestionGroup]
    counts: QuestionCounts


class Decision(TypedDict):
    """A reviewer's decision, with its questions as they are now."""

    review_id: int
    questions: list[Question]


class Intent(TypedDict):
    """Something that a message can mean."""

    name: str
    label: str
    clinical: bool
    examples: list[str]


class IntentList(TypedDict):
    """What a message can mean."""

    intents: list[Intent]


class DayNumbers(TypedDict):
    """One day of the pharmacy."""

    day: Day
    asked: int
    answered: int
    escalated: int
    unanswered: int
    alarms: int


class IntentNumbers(TypedDict):
    """How many messages were understood so."""

    intent: str
    label: str
    asked: int


class Wait(TypedDict):
    """How long patients waited for a person, in seconds; null when nothing was answered."""

    answered: int
    median_seconds: float | None
    p90_seconds: float | None


class FirstAnswer(Wait):
    """The wait, and that of each queue."""

    by_queue: dict[Queue, Wait]


class TopicNumbers(TypedDict):
    """A group of questions that grew."""

    group_id: int
    size: int
    new: int
    example: str


class FeedbackNumbers(TypedDict):
    """What patients said of answers."""

    helpful: int
    not_helpful: int


class NumbersShown(TypedDict):
    """The numbers of the last days, oldest day first."""

    days: list[DayNumbers]
    intents: list[IntentNumbers]
    first_answer: FirstAnswer
    topics: list[TopicNumbers]
    feedback: FeedbackNumbers
