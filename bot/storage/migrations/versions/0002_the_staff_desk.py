"""The staff desk: accounts, sessions, audit, notes, events for consoles, who holds what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UtcDateTime, json_type

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# In the order in which they can be dropped.
TABLES = (
    "staff_session",
    "staff_note",
    "staff_account",
    "staff_event",
    "staff_event_counter",
    "sign_in_failure",
    "audit_entry",
)
ESCALATION: tuple[sa.Column[Any], ...] = (
    sa.Column("closed_by", sa.String(), nullable=True),
    sa.Column("store_id", sa.String(), nullable=True),
    sa.Column("patient_id", sa.String(), nullable=True),
    sa.Column("answered_at", UtcDateTime(), nullable=True),
    sa.Column("alerts", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("next_alert_at", UtcDateTime(), nullable=True),
    sa.Column("told_late_at", UtcDateTime(), nullable=True),
    sa.Column("call_from", UtcDateTime(), nullable=True),
    sa.Column("call_until", UtcDateTime(), nullable=True),
    sa.Column("call_phone", sa.String(), nullable=True),
    sa.Column("call_name", sa.String(), nullable=True),
)


def upgrade() -> None:
    _staff_tables()
    _audit_is_append_only()
    with op.batch_alter_table("conversation") as batch:
        batch.add_column(sa.Column("holder", sa.String(), nullable=True))
    with op.batch_alter_table("choice") as batch:
        batch.add_column(sa.Column("value", sa.String(), nullable=True))
    with op.batch_alter_table("escalation") as batch:
        for column in ESCALATION:
            batch.add_column(column)
    # What waited before there was a desk is alerted when it is due.
    op.execute("UPDATE escalation SET next_alert_at = due_at WHERE state <> 'closed'")
    with op.batch_alter_table("escalation") as batch:
        batch.alter_column("alerts", server_default=None)
    op.create_index(op.f("ix_escalation_claimed_by"), "escalation", ["claimed_by"])
    op.create_index(op.f("ix_escalation_next_alert_at"), "escalation", ["next_alert_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_escalation_next_alert_at"), "escalation")
    op.drop_index(op.f("ix_escalation_claimed_by"), "escalation")
    with op.batch_alter_table("escalation") as batch:
        for column in ESCALATION:
            batch.drop_column(column.name)
    with op.batch_alter_table("choice") as batch:
        batch.drop_column("value")
    with op.batch_alter_table("conversation") as batch:
        batch.drop_column("holder")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entry_is_append_only ON audit_entry")
        op.execute("DROP FUNCTION refuse_change_of_audit()")
    for table in TABLES:
        op.drop_table(table)


def _staff_tables() -> None:
    op.create_table(
        "staff_account",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("totp_secret", sa.String(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_staff_account")),
    )
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["username"], ["staff_account.username"], name=op.f("fk_staff_session_username")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_session")),
    )
    op.create_index(op.f("ix_staff_session_username"), "staff_session", ["username"])
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_subject", "sign_in_failure", ["subject", "at"])
    op.create_table(
        "audit_entry",
        sa.Column("entry_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("escalation_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("detail", json_type(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_entry")),
    )
    for column in ("at", "username", "conversation_id"):
        op.create_index(op.f(f"ix_audit_entry_{column}"), "audit_entry", [column])
    op.create_table(
        "staff_note",
        sa.Column("note_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_staff_note_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_staff_note")),
    )
    op.create_index(op.f("ix_staff_note_conversation_id"), "staff_note", ["conversation_id"])
    op.create_table(
        "staff_event",
        sa.Column("event_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=True),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("escalation_id", sa.Integer(), nullable=True),
        sa.Column("data", json_type(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_staff_event")),
    )
    op.create_index(op.f("ix_staff_event_at"), "staff_event", ["at"])
    counter = op.create_table(
        "staff_event_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_event_counter")),
    )
    op.bulk_insert(counter, [{"id": 1, "last_id": 0}])


def _audit_is_append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_entry_is_append_only"
            " BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entry_no_{change.lower()} BEFORE {change} ON audit_entry"
            " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        )
