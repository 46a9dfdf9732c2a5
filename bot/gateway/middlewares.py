"""What surrounds every request: errors as JSON, security headers, access from allowed pages."""

import logging
from collections.abc import Awaitable, Callable
from errno import ENAMETOOLONG

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway.access_log import add_request_id
from bot.gateway.addresses import origin_allowed, over_https
from bot.gateway.errors import ApiError
from bot.gateway.keys import APP
from bot.pharmacy.typed_text import storable

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# For browsers that came over TLS: the next time too, also where somebody types the bare name.
STRICT_TRANSPORT = "max-age=31536000"
# What files of ours are, which tell no charset by themselves.
PAGES = ("text/html", "text/css", "text/javascript")
# Read by pages of other origins that embed the widget.
EMBEDDABLE = ("/widget.js", "/static/widget/")
ALLOWED_HEADERS = "Authorization, Content-Type"
ALLOWED_METHODS = "GET, POST, DELETE, OPTIONS"


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into the one error shape; never an HTML page or a trace."""
    try:
        if not all(storable(name) == name for name in request.match_info.values()):
            raise ApiError("not_found")  # nothing in any database is called so
        return await handler(request)
    except ApiError as error:
        return error.response()
    except web.HTTPRequestEntityTooLarge:
        return ApiError("frame_too_large").response()
    except web.HTTPNotFound:
        return ApiError("not_found").response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        body = {"error": {"code": error.reason.lower().replace(" ", "_"), "message": error.reason}}
        allow = error.headers.get("Allow")
        headers = {"Allow": allow} if allow else None
        return web.json_response(body, status=error.status, headers=headers)
    except web.RequestPayloadError:
        # Not what its headers say: cut short, or no gzip at all.
        return ApiError("bad_request").response()
    except (SQLAlchemyError, OSError) as error:
        if isinstance(error, OSError) and error.errno == ENAMETOOLONG:
            return ApiError("not_found").response()  # no file is called so
        log.error("%s failed: %s", request.method, type(error).__name__)
        return ApiError("unavailable").response()
    except Exception as error:
        log.exception("%s failed: %s", request.method, type(error).__name__)
        return ApiError("unavailable").response()


@web.middleware
async def origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let pages of the allowed origins use the patient interface, and no others."""
    origin = request.headers.get("Origin")
    if not request.path.startswith("/api/") or origin is None:
        return await handler(request)
    settings = request.app[APP].settings
    if not origin_allowed(request, settings.allowed_origins, settings.trusted_proxies):
        raise ApiError("origin_not_allowed")
    if request.method == "OPTIONS":
        response: web.StreamResponse = web.Response(status=204)
    else:
        try:
            response = await handler(request)
        except ApiError as error:
            response = error.response()
    if not response.prepared:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
        response.headers["Vary"] = "Origin"
    return response


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer; answers of the interface are never cached."""
    add_request_id(request, response)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.content_type in PAGES and response.charset is None:
        response.charset = "utf-8"  # a browser must not guess
    if over_https(request, request.app[APP].settings.trusted_proxies):
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    if request.path.startswith(("/api/", "/feed/", "/staff/api/")):
        response.headers["Cache-Control"] = "no-store"
    elif request.path.startswith(EMBEDDABLE):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["Cache-Control"] = "no-cache"
    elif request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"  # modules of one version belong together
