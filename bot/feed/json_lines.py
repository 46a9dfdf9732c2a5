"""Reads a feed of JSON Lines: one record a line, every mistake reported with line and field."""

from collections.abc import Iterable, Iterator

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
)
from bot.storage.record_tables import RECORD_TABLES

RECORD_TYPES = (*RECORD_TABLES, "refill_request")

__all__ = ["Batch", "FeedError", "FeedRejected", "FeedWarning", "read"]

# What is expected, by pydantic's error type. The messages of pydantic itself may repeat values.
_EXPECTED = {
    "json_invalid": "is not valid JSON",
    "string_unicode": "is not valid Unicode text",
    "dict_type": "must be a JSON object",
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
    "greater_than_equal": "must not be less than {ge:,.0f}",
    "less_than_equal": "must not be more than {le:,.0f}",
    "literal_error": "must be one of {expected}",
    "feed": "{message}",
    "feed_at": "{message}",
}


def read(lines: Iterable[str | bytes]) -> Batch:
    """Parse and check a feed. Blank lines are skipped; bytes must be UTF-8.

    Raises FeedRejected when anything is wrong; the whole feed is read first, so that it lists
    what is wrong on every line (the first 50, and how many in all).
    """
    batch = Batch()
    errors: Findings[FeedError] = Findings()
    for number, line in enumerate(lines, start=1):
        text = _content(line)
        if not text:
            continue
        try:
            record = RECORD.validate_json(text)
        except ValidationError as invalid:
            for error in _errors(number, invalid):
                errors.add(error)
            continue
        if isinstance(record, RefillRequestRecord):
            batch.decide(_decision(number, record))
        else:
            batch.add(record.type, number, columns(record))
        for warning in _warnings(number, record):
            batch.warnings.add(warning)
    if errors.total:
        raise FeedRejected(errors.listed, errors.total)
    return batch


def _content(line: str | bytes) -> str | bytes:
    """The line without a byte order mark and the space around it."""
    if isinstance(line, bytes):
        return line.removeprefix(b"\xef\xbb\xbf").strip()
    return line.removeprefix("\ufeff").strip()


def _decision(line: int, record: RefillRequestRecord) -> Decision:
    return Decision(line, record.refill_request_id, record.status, record.reason, record.decided_at)


def _errors(line: int, invalid: ValidationError) -> Iterator[FeedError]:
    for detail in invalid.errors(include_url=False, include_input=False):
        yield FeedError(line, _field(detail), _message(detail))


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
