"""Where settings come from beside the environment: the secrets among them from files."""

from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.secret_files import read_secret

# Marks a setting as a secret, which is not shown and may come from a file.
SECRET = {"secret": True}


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is a secret."""
    return field.json_schema_extra == SECRET


class SecretFiles(PydanticBaseSettingsSource):
    """Reads the secrets that are named by file. Raises SecretFileError."""

    def __init__(self, settings_cls: type[BaseSettings], prefix: str) -> None:
        super().__init__(settings_cls)
        self._prefix = prefix

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content of the file, or None when the setting has none."""
        content = read_secret(self._prefix + field_name.upper()) if is_secret(field) else None
        return content, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The secrets that are given as files, by setting."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}
