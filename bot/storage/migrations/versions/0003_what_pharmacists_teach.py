"""What pharmacists review and teach: groups, reviews, sentences, instruction versions, models."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UtcDateTime, json_type

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# In the order in which they can be dropped.
TABLES = ("review", "feedback", "training_sentence", "instruction_version", "language_model")
QUESTION: tuple[sa.Column[Any], ...] = (
    sa.Column("seq", sa.Integer(), nullable=True),
    sa.Column("kind", sa.String(), nullable=False, server_default="unanswered"),
    sa.Column("locale", sa.String(), nullable=False, server_default="en"),
    sa.Column("group_id", sa.Integer(), nullable=True),
    sa.Column("reviewed_by", sa.String(), nullable=True),
    sa.Column("reviewed_at", UtcDateTime(), nullable=True),
    sa.Column("label", sa.String(), nullable=True),
)


def upgrade() -> None:
    op.create_table(
        "question_group",
        sa.Column("group_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("centre", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_question_group")),
    )
    with op.batch_alter_table("question") as batch:
        for column in QUESTION:
            batch.add_column(column)
        batch.alter_column("conversation_id", existing_type=sa.String(), nullable=True)
        batch.create_foreign_key(
            op.f("fk_question_group_id"), "question_group", ["group_id"], ["group_id"]
        )
    with op.batch_alter_table("question") as batch:
        batch.alter_column("kind", server_default=None)
        batch.alter_column("locale", server_default=None)
    op.create_index(op.f("ix_question_group_id"), "question", ["group_id"])
    op.create_index("ix_question_status", "question", ["status", "asked_at"])
    with op.batch_alter_table("turn") as batch:
        batch.add_column(sa.Column("intent", sa.String(), nullable=True))
        batch.add_column(sa.Column("confidence", sa.Double(), nullable=True))
    op.create_index("ix_turn_asked", "turn", ["asked_at"])
    _new_tables()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_turn_asked", "turn")
    with op.batch_alter_table("turn") as batch:
        batch.drop_column("confidence")
        batch.drop_column("intent")
    op.drop_index("ix_question_status", "question")
    op.drop_index(op.f("ix_question_group_id"), "question")
    op.execute("DELETE FROM question WHERE conversation_id IS NULL")
    with op.batch_alter_table("question") as batch:
        batch.drop_constraint(op.f("fk_question_group_id"), type_="foreignkey")
        batch.alter_column("conversation_id", existing_type=sa.String(), nullable=False)
        for column in QUESTION:
            batch.drop_column(column.name)
    op.drop_table("question_group")


def _new_tables() -> None:
    op.create_table(
        "review",
        sa.Column("review_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("before", json_type(), nullable=False),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review")),
    )
    op.create_table(
        "feedback",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_feedback_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_feedback")),
    )
    op.create_table(
        "training_sentence",
        sa.Column("sentence_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("sentence_id", name=op.f("pk_training_sentence")),
    )
    op.create_table(
        "instruction_version",
        sa.Column("version_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.Column("generic_name", sa.String(), nullable=True),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("texts", json_type(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=False),
        sa.Column("clinical", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("second_by", sa.String(), nullable=True),
        sa.Column("second_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_instruction_version")),
    )
    op.create_index(op.f("ix_instruction_version_series"), "instruction_version", ["series"])
    op.create_table(
        "language_model",
        sa.Column("model_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("data_hash", sa.String(), nullable=True),
        sa.Column("sentences", sa.Integer(), nullable=False),
        sa.Column("progress", json_type(), nullable=False),
        sa.Column("figures", json_type(), nullable=False),
        sa.Column("differences", json_type(), nullable=False),
        sa.Column("refusals", json_type(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("activated_by", sa.String(), nullable=True),
        sa.Column("activated_at", UtcDateTime(), nullable=True),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_language_model")),
    )
