"""Errors of the public interface: one shape, `{"error": {"code", "message"}}`."""

from typing import Any

from aiohttp import web

from bot.bootstrap import utc_now
from bot.wording import load

# The code of an error, on the answer that tells it.
ERROR_CODE = web.ResponseKey("error_code", str)

STATUS = {
    "bad_request": 400,
    "text_empty": 400,
    "identity_invalid": 400,
    "unsupported_frame": 400,
    "hello_expected": 400,
    "hello_timeout": 408,
    "unauthorized": 401,
    "origin_not_allowed": 403,
    "identity_not_confirmed": 403,
    "not_found": 404,
    "unknown_choice": 404,
    "unknown_event": 404,
    "conversation_ended": 410,
    "text_too_long": 413,
    "frame_too_large": 413,
    "identity_locked": 423,
    "rate_limited": 429,
    "too_many_conversations": 429,
    "unavailable": 503,
    "sign_in_failed": 401,
    "code_required": 401,
    "sign_in_required": 401,
    "csrf_failed": 403,
    "forbidden": 403,
    "own_account": 409,
    "already_claimed": 409,
    "already_closed": 409,
    "not_holder": 409,
    "stays_with_pharmacist": 409,
    "same_queue": 409,
    "unknown_intent": 400,
    "already_reviewed": 409,
    "already_taught": 409,
    "instruction_invalid": 422,
    "needs_second_pharmacist": 409,
    "already_decided": 409,
    "review_date_passed": 409,
    "still_open": 409,
    "already_training": 409,
    "refused_by_gate": 409,
    "not_ready": 409,
    "nothing_before": 409,
    "engine_unavailable": 503,
    "sign_in_locked": 429,
    "password_wrong": 403,
    "password_short": 422,
    "password_long": 422,
    "password_is_name": 422,
    "password_common": 422,
    "feed_disabled": 404,
    "feed_too_large": 413,
    "feed_compressed": 415,
    "feed_rejected": 422,
    "feed_unavailable": 503,
}


class ApiError(Exception):
    """A request that is refused, with a code of STATUS."""

    def __init__(self, code: str, locale: str = "en", **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = 60
        self.message = load(locale).render(f"error.{code}", values, now=utc_now())

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code]

    def body(self) -> dict[str, str]:
        """The code and the sentence for people."""
        return {"code": self.code, "message": self.message}

    def response(self) -> web.Response:
        """As an HTTP answer."""
        headers = {"Retry-After": str(self.retry_after)} if self.status == 429 else None
        answer = web.json_response({"error": self.body()}, status=self.status, headers=headers)
        answer[ERROR_CODE] = self.code
        return answer

    def frame(self, client_id: str | None = None) -> dict[str, Any]:
        """As a socket frame; `client_id` tells which message was refused."""
        named = {"client_id": client_id} if client_id else {}
        return {"type": "error", **self.body(), **named}
