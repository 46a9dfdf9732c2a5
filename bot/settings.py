"""Every setting of Willcall. Each comes from the environment as WILLCALL_<NAME>.

Wrong values stop the start with the name of the variable; unknown WILLCALL_ variables are
reported, because a misspelled setting is a setting that silently does not apply.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.secret_files import SUFFIX, SecretFileError
from bot.settings_sources import SECRET, SecretFiles, is_secret
from bot.settings_values import known_database, known_timezone, phrases, urls

PREFIX = "WILLCALL_"
# Not settings of the services: set by the supervisor for its children, or by tests and CI.
INTERNAL = {"WILLCALL_SUPERVISOR_PID", "WILLCALL_CHROMIUM"}

# For secrets: not shown, and may come from a file.
HIDDEN: dict[str, Any] = {"repr": False, "json_schema_extra": SECRET}

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names the variable."""


class Settings(BaseSettings):
    """The settings, in the order in which an operator meets them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address the gateway listens on.")
    port: Port = Field(8080, description="Port of the gateway, the only public one.")
    rasa_port: Port = Field(5005, description="Port of Rasa on the loopback interface.")
    actions_port: Port = Field(5055, description="Port of the action server, likewise.")
    actions_host: str = Field(
        "127.0.0.1", description="Address the action server listens on; never a public one."
    )
    rasa_host: str = Field("127.0.0.1", description="Address Rasa listens on, likewise.")
    rasa_url: str | None = Field(
        None,
        description="Where the gateway finds Rasa, when not on this machine; several: with commas.",
    )
    actions_url: str | None = Field(
        None,
        description="Where Rasa finds the action server, when elsewhere; several: with commas.",
    )
    rasa_token: str | None = Field(
        None, description="Secret that guards Rasa's HTTP API.", min_length=16, **HIDDEN
    )
    data_dir: Path = Field(
        Path("var"), description="Folder for the SQLite database, trained models and reports."
    )
    database_url: str = Field(
        "",
        description="sqlite:///FILE or postgresql://…; empty: willcall.sqlite in the data dir.",
        **HIDDEN,
    )
    database_pool: int = Field(
        20, ge=2, description="Most database connections that a process opens for its work."
    )
    redis_url: str | None = Field(
        None,
        description="redis://… that several gateways count rate limits in; empty: each for itself.",
        **HIDDEN,
    )
    demo: bool = Field(True, description="Seed the demonstration pharmacy into an empty database.")
    country: str = Field("US", description="Which emergency numbers the urgent notice gives.")
    default_timezone: str = Field(
        "America/New_York", description="Time zone of answers that belong to no store."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Other origins, comma-separated, whose pages may embed the widget."
    )
    trusted_proxies: int = Field(
        0, ge=0, description="Reverse proxies in front whose X-Forwarded-For is believed."
    )
    max_text_chars: Count = Field(2000, description="Longest message of a patient, characters.")
    max_frame_bytes: Count = Field(16 * 1024, description="Largest socket frame or body, bytes.")
    messages_per_minute: Count = Field(30, description="Messages a minute for a conversation.")
    new_conversations_per_minute: Count = Field(
        20, description="New conversations a minute for one address."
    )
    hello_seconds: Seconds = Field(10, description="Time a socket has for its first frame.")
    rasa_timeout_seconds: Seconds = Field(
        10, description="How long a turn waits for Rasa before the patient gets an apology."
    )
    verified_minutes: Count = Field(
        15, description="Minutes without a message after which identity is asked for again."
    )
    identity_failures_per_conversation: Count = Field(
        3, description="Failed checks that lock identity for the conversation."
    )
    identity_failures_per_record: Count = Field(
        5, description="Failed checks from anywhere that lock one person's record."
    )
    identity_lock_minutes: Count = Field(60, description="How long a record stays locked.")
    identity_seconds: float = Field(
        0.4, ge=0, description="Every identity check takes at least this long, whatever it finds."
    )
    staff_idle_minutes: Count = Field(
        30, description="Minutes without a request after which somebody at the desk is signed out."
    )
    staff_session_hours: Count = Field(
        12, description="Hours after which they sign in again in any case."
    )
    sign_in_failures: Count = Field(
        10, description="Failed sign-ins under one name that lock it, known or not."
    )
    sign_in_lock_minutes: Count = Field(
        15, description="Minutes in which these failures count, and for which the name is locked."
    )
    sign_ins_per_minute: Count = Field(10, description="Sign-ins a minute for one address.")
    feed_token: str | None = Field(
        None,
        min_length=16,
        description="Secret of the pharmacy system; without it, no live feed.",
        **HIDDEN,
    )
    max_feed_bytes: Count = Field(
        20 * 1024 * 1024, description="Largest body of records that the live feed takes, bytes."
    )
    fhir_rx_system: str | None = Field(
        None, description="FHIR: identifier system of Rx numbers; empty: the filler's, or the only."
    )
    fhir_store: str | None = Field(
        None, description="FHIR: id of the store of prescriptions that name none."
    )
    fhir_timezone: str | None = Field(
        None, description="FHIR: time zone of locations that name none."
    )
    fhir_all_related: bool = Field(
        False, description="FHIR: every RelatedPerson may ask for the patient, not only guardians."
    )
    fhir_skip: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="FHIR: resource types, with commas, that bring no records of their own."
    )
    stale_after_minutes: int = Field(
        1440, ge=0, description="Age of the last import that answers warn about; 0: never."
    )

    unsure_below: float = Field(
        0.5, ge=0, le=1, description="Confidence below which an answer is kept for review."
    )

    keep_transcripts_days: int = Field(
        180, ge=0, le=36500, description="Days after which an idle chat is deleted; 0: never."
    )
    keep_questions_days: int = Field(
        730, ge=0, le=36500, description="The same for redacted questions kept for review."
    )

    log_format: Literal["text", "json"] = Field(
        "text", description="Form of the log: text for people, json for programs, a line an entry."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="From which level on the project's own lines are logged."
    )
    secret_key: str | None = Field(
        None,
        description="Key that encrypts second factors at rest; several: newest first, with commas.",
        **HIDDEN,
    )
    metrics_token: str | None = Field(
        None,
        min_length=16,
        description="Secret that opens /metrics to others than this machine.",
        **HIDDEN,
    )

    largest_accuracy_drop: float = Field(
        0.005, ge=0, le=1, description="Share of accuracy that a newly taught model may lose."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What code gives, then the environment, then the files that it names; nothing else."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretFiles(settings_cls, PREFIX)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("fhir_skip", mode="before")
    @classmethod
    def _split_types(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("default_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        return known_timezone(value)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return known_database(value)

    @field_validator("secret_key")
    @classmethod
    def _long_keys(cls, value: str | None) -> str | None:
        phrases(value)
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str | None) -> str | None:
        if value and not value.startswith(("redis://", "rediss://")):
            raise ValueError("must begin with redis:// or rediss://")
        return value or None

    @field_validator("rasa_url", "actions_url")
    @classmethod
    def _known_addresses(cls, value: str | None) -> str | None:
        if not all(url.startswith(("http://", "https://")) for url in urls(value)):
            raise ValueError("must be addresses such as http://rasa-1:5005, with commas between")
        return value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value not in ("US",):
            raise ValueError("has no emergency numbers: add them to bot/pharmacy/emergency.py")
        return value

    @property
    def database(self) -> str:
        """The database URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'willcall.sqlite'}"

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys of what is encrypted at rest, the newest first."""
        return phrases(self.secret_key)

    @property
    def rasas(self) -> tuple[str, ...]:
        """Where each Rasa answers, without a slash at the end, each once."""
        return urls(self.rasa_url) or (f"http://127.0.0.1:{self.rasa_port}",)

    @property
    def action_servers(self) -> tuple[str, ...]:
        """Where each action server answers, without a slash at the end, each once."""
        return urls(self.actions_url) or (f"http://127.0.0.1:{self.actions_port}",)


def load() -> Settings:
    """Read the settings from the environment.

    Raises SettingsError with one line for each wrong variable.
    """
    try:
        return Settings()
    except SecretFileError as error:
        raise SettingsError(str(error)) from None
    except ValidationError as error:
        lines = [f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def unknown_variables(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The WILLCALL_ variables that no setting reads, in alphabetical order."""
    names = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | INTERNAL
    secrets = (name for name, field in Settings.model_fields.items() if is_secret(field))
    names |= {f"{PREFIX}{name.upper()}{SUFFIX}" for name in secrets}
    given = os.environ if environment is None else environment
    return tuple(sorted(name for name in given if name.startswith(PREFIX) and name not in names))
