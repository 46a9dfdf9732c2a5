"""The variables that a process of Willcall understands."""

from bot.secret_files import SUFFIX
from bot.settings import INTERNAL, PREFIX, Settings
from bot.settings_sources import is_secret


def variables() -> set[str]:
    """Every setting's variable, and those that name the files of secrets."""
    fields = Settings.model_fields
    plain = {PREFIX + name.upper() for name in fields}
    in_files = {
        PREFIX + name.upper() + SUFFIX for name, field in fields.items() if is_secret(field)
    }
    return plain | in_files | INTERNAL
