"""Below HTTP: bytes on a connection that no client library would send."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import tally
from tests.fuzz.actors import HANG_SECONDS
from tests.fuzz.house import FuzzedGateway
from tests.fuzz.size import examples

OPEN = "/api/v1/conversations"
# Until a connection is closed: an answer may come before. Nothing depends on whether it does.
PATIENCE = 0.05


@contextmanager
def connection(gateway: FuzzedGateway) -> Iterator[socket.socket]:
    """A connection on which anything can be said."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=HANG_SECONDS) as plain:
        yield plain


def said(
    gateway: FuzzedGateway, request: bytes, *, whole: bool = False
) -> tuple[int | None, bytes]:
    """Send bytes; the status of the first answer, None if there was none.

    What is not a `whole` request is cut off there: otherwise the gateway waits for the rest.
    """
    tally.THROWN["raw requests"] += 1
    answer = b""
    try:
        with connection(gateway) as plain:
            plain.sendall(request)
            if not whole:
                time.sleep(PATIENCE)
                plain.shutdown(socket.SHUT_WR)
            while piece := plain.recv(65536):
                answer += piece
    except TimeoutError:
        tally.THROWN["hangs"] += 1
        raise
    except ConnectionError:
        pass  # refused in the middle of it
    status = int(answer[9:12]) if answer.startswith(b"HTTP/1.") else None
    if status is not None:
        tally.answered(status)
    return status, answer


def request(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    """A request with these header lines."""
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


BAD = {
    "no request": b"\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no version": b"GET /healthz\r\n\r\n",
    "version 9": b"GET /healthz HTTP/9.9\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "NUL in the path": request("GET", "/healthz\x00"),
    "NUL in a header": request("GET", "/healthz", "X: a\x00b"),
    "a header without a name": request("GET", "/healthz", ": a"),
    "a header over two lines": request("GET", "/healthz", "X: a", " b"),
    "a line of 20,000": request("GET", "/" + "a" * 20_000),
    "a header of 20,000": request("GET", "/healthz", "X: " + "a" * 20_000),
    "2,000 headers": request("GET", "/healthz", *(f"X-{at}: a" for at in range(2_000))),
    "two lengths": request("POST", OPEN, "Content-Length: 2", "Content-Length: 3", body=b"{}x"),
    "a negative length": request("POST", OPEN, "Content-Length: -1", body=b"{}"),
    "no length": request("POST", OPEN, "Content-Length: x", body=b"{}"),
    "a length of 10^30": request("POST", OPEN, "Content-Length: 1" + "0" * 30, body=b"{}"),
    "length and chunks": request(
        "POST", OPEN, "Content-Length: 2", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "a wrong chunk": request("POST", OPEN, "Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n"),
    "a chunk of 2^64": request(
        "POST", OPEN, "Transfer-Encoding: chunked", body=b"f" * 16 + b"\r\n"
    ),
    "a body that is no gzip": request(
        "POST", OPEN, "Content-Encoding: gzip", "Content-Length: 4", body=b"nope"
    ),
    "an encoding that nobody knows": request(
        "POST", OPEN, "Content-Encoding: zstd, x", "Content-Length: 2", body=b"{}"
    ),
    "a charset that nobody knows": request(
        "POST", OPEN, "Content-Type: application/json; charset=x", "Content-Length: 2", body=b"{}"
    ),
    "a charset that is no text": request(
        "POST", OPEN, "Content-Type: application/json; charset=base64", "Content-Length: 2",
        body=b"{}",
    ),
    "not UTF-8": request("POST", OPEN, "Content-Length: 2", body=b"\xff\xfe"),
    "a method of its own": request("FROBNICATE", OPEN),
    "CONNECT": request("CONNECT", "example.org:443"),
    "TRACE": request("TRACE", OPEN),
    "a range": request("GET", "/static/favicon.svg", "Range: bytes=9-1"),
    "a range of letters": request("GET", "/static/favicon.svg", "Range: bytes=a-"),
    "a date that is none": request("GET", "/static/favicon.svg", "If-Modified-Since: \x7f"),
    "cookies": request(
        "GET", "/staff/api/session", "Cookie: willcall_staff=\x01;;=;a=\"\\\"; " + "b" * 3000
    ),
    "a bearer of bytes": request("GET", OPEN + "/x/events", "Authorization: Bearer \udcff\udcfe"),
    "a csrf of bytes": request("POST", "/staff/api/logout", "X-CSRF-Token: \udcff"),
    "an origin of bytes": request("POST", OPEN, "Origin: \udcff://\udcfe", "Content-Length: 0"),
    "an upgrade to nothing": request(
        "GET", OPEN + "/x/socket", "Upgrade: h2c", "Connection: Upgrade"
    ),
    "a key that is none": request(
        "GET", OPEN + "/x/socket", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x",
    ),
    "an old version of sockets": request(
        "GET", OPEN + "/x/socket", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 3", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
    "an event id of bytes": request("GET", "/staff/api/events", "Last-Event-ID: \udcff"),
    "NUL in an id": request("GET", OPEN + "/%00/events", "Authorization: Bearer x"),
    "half a character in an id": request("GET", OPEN + "/%ff/events", "Authorization: Bearer x"),
    "a surrogate in an id": request("GET", OPEN + "/%ed%a0%80/events", "Authorization: Bearer x"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_requests(gateway: FuzzedGateway, name: str) -> None:
    status, answer = said(gateway, BAD[name])
    assert status is None or status < 500, answer[:500]
    assert b"Traceback" not in answer
    assert gateway.alive()


def test_random_bytes(gateway: FuzzedGateway) -> None:
    start = st.sampled_from([b"", b"GET / HTTP/1.1\r\n", request("POST", OPEN)[:-4]])

    @examples(60)
    @given(st.builds(bytes.__add__, start, st.binary(max_size=200)))
    def throw(sent: bytes) -> None:
        tally.THROWN["examples"] += 1
        status, answer = said(gateway, sent)
        assert status is None or status < 500, answer[:500]

    throw()
    assert gateway.alive()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/..%5capp.py",
        "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/widget/../../errors.py",
        "/static/%252e%252e/app.py", "/static/\x7f/../../app.py", "/static/....//app.py",
        "/static/", "/static", "/static/staff/", "/static/%00", "/static/index.html%00.svg",
        "/static/" + "a/" * 2000, "/static/" + "a" * 5000, "/static/con", "/static/index.html/x",
    ],
)  # fmt: skip
def test_nothing_outside_the_static_files_is_served(gateway: FuzzedGateway, path: str) -> None:
    status, answer = said(gateway, request("GET", path), whole=True)
    assert status in (400, 403, 404), answer[:300]
    assert b"import" not in answer
    assert b"root:" not in answer


def test_who_sends_slowly_makes_nobody_wait(gateway: FuzzedGateway) -> None:
    """Fifty connections that stop in the middle of a header or a body."""
    slow = [
        request("POST", OPEN, "Content-Length: 50")[:20] if at % 2 else
        request("POST", OPEN, "Content-Length: 50", body=b'{"locale"')
        for at in range(50)
    ]  # fmt: skip
    plain = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in slow]
    try:
        for each, sent in zip(plain, slow, strict=True):
            each.sendall(sent)
        answer = requests.post(gateway.address + OPEN, json={}, timeout=HANG_SECONDS)
        assert answer.status_code == 201
        time.sleep(0.1)
        assert gateway.alive()
    finally:
        for each in plain:
            each.close()
    tally.THROWN["raw requests"] += len(slow)
    assert gateway.alive()


ORIGINS = {
    "https://pharmacy.example": True, "https://pharmacy.example.evil.example": False,
    "https://evil.example": False, "null": False, "": False, "https://pharmacy.example/": False,
    "HTTPS://PHARMACY.EXAMPLE": False, "http://pharmacy.example": False,
    "https://pharmacy.example, https://evil.example": False, "https://": False,
}  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_origins(gateway: FuzzedGateway, origin: str, method: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = requests.request(method, gateway.address + OPEN, headers=headers, timeout=HANG_SECONDS)
    tally.answered(answer.status_code)
    allowed = ORIGINS[origin]
    assert answer.status_code == ((201 if method == "POST" else 204) if allowed else 403)
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
