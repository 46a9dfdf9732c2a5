"""The pharmacy's records and Willcall's conversations: all tables of the first release."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UtcDateTime, json_type

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# In the order in which they can be dropped.
TABLES = (
    "prior_authorization",
    "ready_notice",
    "refill_request",
    "prescriber_request",
    "fill",
    "verification",
    "turn",
    "stock",
    "question",
    "proxy",
    "prescription",
    "instruction",
    "event",
    "escalation",
    "choice",
    "store",
    "product",
    "patient",
    "identity_failure",
    "feed_import",
    "conversation",
)


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("memory", json_type(), nullable=False),
        sa.Column("identity_failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("last_patient_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_conversation")),
    )
    op.create_table(
        "identity_failure",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_failure")),
    )
    op.create_index(
        "ix_identity_failure_subject", "identity_failure", ["subject", "at"], unique=False
    )
    op.create_table(
        "feed_import",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_import")),
    )
    op.create_index(op.f("ix_feed_import_at"), "feed_import", ["at"], unique=False)
    op.create_table(
        "patient",
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("last_name_key", sa.String(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("phone_key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient")),
    )
    op.create_index(
        "ix_patient_identity", "patient", ["date_of_birth", "last_name_key"], unique=False
    )
    op.create_index(op.f("ix_patient_phone_key"), "patient", ["phone_key"], unique=False)
    op.create_table(
        "product",
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("generic_name", sa.String(), nullable=False),
        sa.Column("brand_names", json_type(), nullable=False),
        sa.Column("strength", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("dea_schedule", sa.String(), nullable=True),
        sa.Column("special_order", sa.Boolean(), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product")),
    )
    op.create_table(
        "store",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("hours", json_type(), nullable=False),
        sa.Column("exceptions", json_type(), nullable=False),
        sa.Column("pickup_rules", json_type(), nullable=False),
        sa.Column("delivery_offered", sa.Boolean(), nullable=True),
        sa.Column("delivery_fee_cents", sa.Integer(), nullable=True),
        sa.Column("delivery_area", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store")),
    )
    op.create_table(
        "choice",
        sa.Column("choice_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("prescription_id", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_choice_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("choice_id", name=op.f("pk_choice")),
    )
    op.create_index(op.f("ix_choice_conversation_id"), "choice", ["conversation_id"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("escalation_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("last_patient_at", UtcDateTime(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_escalation_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("escalation_id", name=op.f("pk_escalation")),
    )
    op.create_index(
        op.f("ix_escalation_conversation_id"), "escalation", ["conversation_id"], unique=False
    )
    op.create_index("ix_escalation_queue", "escalation", ["state", "queue", "due_at"], unique=False)
    op.create_table(
        "event",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("data", json_type(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_event_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_event")),
        sa.UniqueConstraint(
            "conversation_id", "client_id", name=op.f("uq_event_conversation_id_client_id")
        ),
    )
    op.create_table(
        "instruction",
        sa.Column("instruction_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.Column("generic_name", sa.String(), nullable=True),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("review_due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.product_id"], name=op.f("fk_instruction_product_id")
        ),
        sa.PrimaryKeyConstraint("instruction_id", name=op.f("pk_instruction")),
    )
    op.create_index(
        "ix_instruction_name", "instruction", ["generic_name", "form", "topic"], unique=False
    )
    op.create_table(
        "prescription",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("rx_number", sa.String(), nullable=False),
        sa.Column("rx_key", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("directions", sa.String(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("days_supply", sa.Integer(), nullable=True),
        sa.Column("refills_remaining", sa.Integer(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("prescriber_name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("transferred_to", sa.String(), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_prescription_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.product_id"], name=op.f("fk_prescription_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.store_id"], name=op.f("fk_prescription_store_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prescription")),
        sa.UniqueConstraint("rx_number", name=op.f("uq_prescription_rx_number")),
    )
    op.create_index(
        op.f("ix_prescription_patient_id"), "prescription", ["patient_id"], unique=False
    )
    op.create_index(op.f("ix_prescription_rx_key"), "prescription", ["rx_key"], unique=False)
    op.create_table(
        "proxy",
        sa.Column("proxy_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("last_name_key", sa.String(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("phone_key", sa.String(), nullable=False),
        sa.Column("relationship", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_proxy_patient_id")
        ),
        sa.PrimaryKeyConstraint("proxy_id", name=op.f("pk_proxy")),
    )
    op.create_index("ix_proxy_identity", "proxy", ["date_of_birth", "last_name_key"], unique=False)
    op.create_index(op.f("ix_proxy_patient_id"), "proxy", ["patient_id"], unique=False)
    op.create_table(
        "question",
        sa.Column("question_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("ranking", json_type(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_question_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_question")),
    )
    op.create_index(
        op.f("ix_question_conversation_id"), "question", ["conversation_id"], unique=False
    )
    op.create_table(
        "stock",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("on_hand", sa.Double(), nullable=False),
        sa.Column("reserved", sa.Double(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.product_id"], name=op.f("fk_stock_product_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"], name=op.f("fk_stock_store_id")),
        sa.PrimaryKeyConstraint("store_id", "product_id", name=op.f("pk_stock")),
    )
    op.create_table(
        "turn",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("input", sa.String(), nullable=False),
        sa.Column("in_reply_to", sa.String(), nullable=True),
        sa.Column("prescription_id", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_turn_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_turn")),
    )
    op.create_index("ix_turn_state", "turn", ["state", "claimed_until"], unique=False)
    op.create_table(
        "verification",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("proxy_id", sa.String(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_verification_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_verification_patient_id")
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "patient_id", "proxy_id", name=op.f("pk_verification")
        ),
    )
    op.create_table(
        "fill",
        sa.Column("fill_id", sa.String(), nullable=False),
        sa.Column("rx_number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reported_state", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=True),
        sa.Column("promised_at", UtcDateTime(), nullable=True),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("kept_until", UtcDateTime(), nullable=True),
        sa.Column("picked_up_at", UtcDateTime(), nullable=True),
        sa.Column("quantity", sa.Double(), nullable=True),
        sa.Column("quantity_owed", sa.Double(), nullable=True),
        sa.Column("owed_expected_on", sa.Date(), nullable=True),
        sa.Column("copay_cents", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("tracking_url", sa.String(), nullable=True),
        sa.Column("earliest_refill_on", sa.Date(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rx_number"], ["prescription.rx_number"], name=op.f("fk_fill_rx_number")
        ),
        sa.PrimaryKeyConstraint("fill_id", name=op.f("pk_fill")),
    )
    op.create_index(op.f("ix_fill_rx_number"), "fill", ["rx_number"], unique=False)
    op.create_table(
        "prescriber_request",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("rx_number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("follow_up_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rx_number"], ["prescription.rx_number"], name=op.f("fk_prescriber_request_rx_number")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_prescriber_request")),
    )
    op.create_index(
        op.f("ix_prescriber_request_rx_number"), "prescriber_request", ["rx_number"], unique=False
    )
    op.create_table(
        "refill_request",
        sa.Column("refill_request_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("rx_number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("hinted_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rx_number"], ["prescription.rx_number"], name=op.f("fk_refill_request_rx_number")
        ),
        sa.PrimaryKeyConstraint("refill_request_id", name=op.f("pk_refill_request")),
    )
    op.create_index(
        op.f("ix_refill_request_rx_number"), "refill_request", ["rx_number"], unique=False
    )
    op.create_index(
        op.f("ix_refill_request_conversation_id"),
        "refill_request",
        ["conversation_id"],
        unique=False,
    )
    op.create_index(
        "ix_refill_request_status", "refill_request", ["status", "told_at"], unique=False
    )
    op.create_table(
        "ready_notice",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("rx_number", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("hinted_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.conversation_id"],
            name=op.f("fk_ready_notice_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["rx_number"], ["prescription.rx_number"], name=op.f("fk_ready_notice_rx_number")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "rx_number", name=op.f("pk_ready_notice")),
    )
    op.create_index(op.f("ix_ready_notice_told_at"), "ready_notice", ["told_at"], unique=False)
    op.create_table(
        "prior_authorization",
        sa.Column("fill_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["fill_id"], ["fill.fill_id"], name=op.f("fk_prior_authorization_fill_id")
        ),
        sa.PrimaryKeyConstraint("fill_id", name=op.f("pk_prior_authorization")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
