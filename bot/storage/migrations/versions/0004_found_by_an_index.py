"""People are found by their names, and caregivers by phone, without reading whole tables."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAMED = ("patient", "proxy")


def upgrade() -> None:
    for table in NAMED:
        # The same columns the other way round: a name alone is looked for as well.
        op.drop_index(f"ix_{table}_identity", table_name=table)
        op.create_index(f"ix_{table}_identity", table, ["last_name_key", "date_of_birth"])
    op.create_index("ix_patient_first_name", "patient", [sa.text("lower(first_name)")])
    op.create_index(op.f("ix_proxy_phone_key"), "proxy", ["phone_key"])


def downgrade() -> None:
    op.drop_index(op.f("ix_proxy_phone_key"), table_name="proxy")
    op.drop_index("ix_patient_first_name", table_name="patient")
    for table in NAMED:
        op.drop_index(f"ix_{table}_identity", table_name=table)
        op.create_index(f"ix_{table}_identity", table, ["date_of_birth", "last_name_key"])
