"""Run by Alembic: applies migrations on the connection that bot.storage.schema hands over."""

from alembic import context

from bot.storage import conversations, records, staff, teaching
from bot.storage.base import Base

# Importing the modules is what fills the metadata.
MODELS = (conversations, records, staff, teaching)


def run_migrations() -> None:
    """Migrate within the transaction that the caller has begun."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
    )
    context.run_migrations()


run_migrations()
