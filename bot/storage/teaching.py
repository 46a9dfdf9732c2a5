"""What pharmacists review and teach: questions, groups, sentences, instructions, models.

Only the gateway, its teaching jobs and `willcall purge` write these rows. Datetimes are aware and
in UTC. Texts here are redacted: no reviewer and no training file sees an identifier.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class Question(Base):
    """Something to review: a question that was not answered, answered unsurely, or not well.

    `kind` is unanswered, unsure or not_helpful; `status` new, answered, labelled or dismissed.
    """

    __tablename__ = "question"

    question_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    # Empty once the conversation has been purged: what was learned stays, without a person.
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversation.conversation_id"), index=True
    )
    seq: Mapped[int | None]
    kind: Mapped[str]
    text: Mapped[str]
    locale: Mapped[str]
    intent: Mapped[str | None]
    confidence: Mapped[float | None]
    ranking: Mapped[list[Any]]
    status: Mapped[str]
    asked_at: Mapped[datetime]
    group_id: Mapped[int | None] = mapped_column(ForeignKey("question_group.group_id"), index=True)
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    # The intent that a pharmacist has given it.
    label: Mapped[str | None]

    __table_args__ = (Index("ix_question_status", "status", "asked_at"),)


class QuestionGroup(Base):
    """Questions of one meaning and language. `centre` is the mean of their unit vectors."""

    __tablename__ = "question_group"

    group_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    locale: Mapped[str]
    # float32, little-endian.
    centre: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    created_at: Mapped[datetime]


class Review(Base):
    """One decision of a reviewer, with what it takes to undo it."""

    __tablename__ = "review"

    review_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    username: Mapped[str]
    action: Mapped[str]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    # {"questions": [{"question_id", "status", "label", …}], "sentences": [ids]} as before.
    before: Mapped[dict[str, Any]]


class Feedback(Base):
    """A patient's "did this help?" about one answer of the bot's."""

    __tablename__ = "feedback"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    helpful: Mapped[bool]
    at: Mapped[datetime]


class TrainingSentence(Base):
    """A redacted sentence that a pharmacist has given an intent: tomorrow's training data."""

    __tablename__ = "training_sentence"

    sentence_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    text: Mapped[str]
    locale: Mapped[str]
    intent: Mapped[str]
    question_id: Mapped[int | None]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class InstructionVersion(Base):
    """One version of an approved instruction, in all its languages.

    `state` is draft, second (waits for a second pharmacist), active, replaced or retired. The
    active one is what `bot.storage.records.Instruction` serves.
    """

    __tablename__ = "instruction_version"

    version_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    # The same for all versions of one instruction; the first one's number.
    series: Mapped[int] = mapped_column(index=True)
    product_id: Mapped[str | None]
    generic_name: Mapped[str | None]
    form: Mapped[str | None]
    topic: Mapped[str]
    # By language: {"en": "…", "es": "…"}.
    texts: Mapped[dict[str, Any]]
    source: Mapped[str]
    source_url: Mapped[str | None]
    review_due_on: Mapped[date]
    clinical: Mapped[bool]
    state: Mapped[str]
    written_by: Mapped[str]
    written_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    second_by: Mapped[str | None]
    second_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class LanguageModel(Base):
    """A trained model and its card: what it was made of, how it did, who switched it on.

    `state` is queued, training, testing, passed, refused, failed, active or retired.
    """

    __tablename__ = "language_model"

    model_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    state: Mapped[str]
    # The file's name in the models folder.
    file: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    # A digest of everything that it was trained from.
    data_hash: Mapped[str | None]
    sentences: Mapped[int]
    # {"step", "done", "of"} while it is being made.
    progress: Mapped[dict[str, Any]]
    figures: Mapped[dict[str, Any]]
    # Sentence by sentence, where it differs from the model that was active.
    differences: Mapped[list[Any]]
    # Why it may not be activated, in words; empty when it may.
    refusals: Mapped[list[Any]]
    finished_at: Mapped[datetime | None]
    activated_by: Mapped[str | None]
    activated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
