"""Takes records of the feed into a batch, however they were written down, and collects mistakes."""

from collections.abc import Callable, Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.feed.formats import RECORD, FillRecord, Record, RefillRequestRecord
from bot.feed.rows import columns
from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN, known_reason
from bot.pharmacy.refill_decisions import REASONS
from bot.services.feed_batch import (
    Batch,
    Decision,
    FeedError,
    FeedRejected,
    FeedWarning,
    Findings,
    Keep,
)
from bot.storage.record_tables import RECORD_TABLES

RECORD_TYPES = (*RECORD_TABLES, "refill_request")

# What is expected, by pydantic's error type. The messages of pydantic itself may repeat values.
_EXPECTED = {
    "json_invalid": "is not valid JSON",
    "string_unicode": "is not valid Unicode text",
    "dict_type": "must be a JSON object",
    "dataclass_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "union_tag_not_found": "is missing",
    "missing": "is missing",
    "extra_forbidden": "is not a field of this record type",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "greater_than_equal": "must not be less than {ge:,.0f}",
    "less_than_equal": "must not be more than {le:,.0f}",
    "literal_error": "must be one of {expected}",
    "feed": "{message}",
    "feed_at": "{message}",
}


class Intake:
    """The batch of one feed while it is read. `line` counts lines, or resources, from 1."""

    def __init__(self) -> None:
        self.batch = Batch()
        self.errors: Findings[FeedError] = Findings()

    def line(self, line: int, text: str | bytes) -> None:
        """Take a record that is written as JSON; what is wrong with it goes to the errors."""
        self._take(line, lambda: RECORD.validate_json(text), "", Keep.ALWAYS)

    def record(
        self, line: int, fields: Mapping[str, object], origin: str, keep: Keep = Keep.ALWAYS
    ) -> None:
        """Take a record that was made of something else, which `origin` names in errors."""
        self._take(line, lambda: RECORD.validate_python(dict(fields)), f"{origin}: ", keep)

    def done(self) -> Batch:
        """The batch. Raises FeedRejected when anything was wrong."""
        if self.errors.total:
            raise FeedRejected(self.errors.listed, self.errors.total)
        return self.batch

    def _take(self, line: int, read: Callable[[], Record], origin: str, keep: Keep) -> None:
        try:
            record = read()
        except ValidationError as invalid:
            for error in mistakes(line, invalid, origin):
                self.errors.add(error)
            return
        if isinstance(record, RefillRequestRecord):
            self.batch.decide(_decision(line, record))
        else:
            self.batch.add(record.type, line, columns(record), keep)
        # What a system calls things is its own where it writes the records; else its reader tells.
        for warning in _warnings(line, record) if not origin else ():
            self.batch.warnings.add(warning)


def mistakes(line: int, invalid: ValidationError, origin: str = "") -> Iterator[FeedError]:
    """What a validation found, in words that repeat no value."""
    for detail in invalid.errors(include_url=False, include_input=False):
        yield FeedError(line, f"{origin}{_field(detail)}", _message(detail))


def _decision(line: int, record: RefillRequestRecord) -> Decision:
    return Decision(line, record.refill_request_id, record.status, record.reason, record.decided_at)


def _message(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind == "union_tag_invalid":
        return f"must be one of {', '.join(RECORD_TYPES)}"
    return _EXPECTED.get(kind, "does not have the expected form").format_map(detail.get("ctx", {}))


def _field(detail: ErrorDetails) -> str:
    """`fill.promised_at`, `store.exceptions[0].date`; empty for the line as a whole."""
    if detail["type"].startswith("union_tag"):
        return "type"
    steps: list[str] = []
    for step in (*detail["loc"], *_inner(detail)):
        if isinstance(step, int):
            steps.append(f"[{step}]")
        else:
            steps.append(f".{step[:60]}" if step.isprintable() else ".?")
    return "".join(steps).removeprefix(".")


def _inner(detail: ErrorDetails) -> tuple[str, ...]:
    field = detail.get("ctx", {}).get("field") if detail["type"] == "feed_at" else None
    return (field,) if field else ()


def _warnings(line: int, record: Record) -> Iterator[FeedWarning]:
    if isinstance(record, RefillRequestRecord) and record.reason not in (None, *REASONS):
        message = "has no words for patients: they are sent to the counter for it"
        yield FeedWarning(line, "refill_request.reason", message)
    if not isinstance(record, FillRecord):
        return
    state = FILL_STATES.get(record.state)
    if state is None:
        yield FeedWarning(line, "fill.state", f"unknown state {_quoted(record.state)}")
    elif record.reason and state is not UNKNOWN and known_reason(state, record.reason) is None:
        yield FeedWarning(
            line,
            "fill.reason",
            f"unknown reason {_quoted(record.reason)} in state {state.name}",
        )


def _quoted(code: str) -> str:
    """A code of the dispensing system, short enough for a log."""
    return repr(code if len(code) <= 60 else f"{code[:57]}…")
