"""Where a request comes from."""

from aiohttp import web


def client_address(request: web.Request, trusted_proxies: int) -> str:
    """The client's address; with proxies in front, the one that the outermost of them saw."""
    if trusted_proxies:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        addresses = [address.strip() for address in forwarded if address.strip()]
        if len(addresses) >= trusted_proxies:
            return addresses[-trusted_proxies]
    return request.remote or "unknown"


def origin_allowed(
    request: web.Request, allowed: tuple[str, ...], trusted_proxies: int = 0
) -> bool:
    """Whether a browser's page may use the interface: our own, or one of the settings'.

    Programs that are no browsers send no Origin; they need the conversation's secret anyway.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    own = request.host
    if trusted_proxies:
        own = request.headers.get("X-Forwarded-Host", own)
    return origin in allowed or origin.partition("://")[2] == own


def over_https(request: web.Request, trusted_proxies: int) -> bool:
    """Whether the browser is connected by TLS, as a trusted proxy says."""
    if request.secure:
        return True
    return trusted_proxies > 0 and request.headers.get("X-Forwarded-Proto", "").lower() == "https"
