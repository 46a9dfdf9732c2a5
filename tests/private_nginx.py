"""nginx with the configuration of deploy/, on ports of the tests, with a certificate of its own."""

import re
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.places import ROOT
from tests.stack import free_port

CONFIGURATION = ROOT / "deploy" / "nginx" / "willcall.conf"
MISSING = "The tests need nginx: install it (on Debian: apt install nginx-light)."
START_SECONDS = 20
# Before this version "http2" was a word of the line "listen".
OWN_LINE_FOR_HTTP2 = (1, 25, 1)
MAIN = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/willcall.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """Where it listens, and what it has written."""

    url: str
    plain_url: str
    trust: ssl.SSLContext
    log: Path


@contextmanager
def nginx(*gateways: str) -> Iterator[Proxy]:
    """nginx before gateways at these addresses ("host:port"). RuntimeError when there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise RuntimeError(MISSING)
    with tempfile.TemporaryDirectory(prefix="willcall-nginx-") as place:
        folder = Path(place)
        certificate = _certificate(folder)
        plain, secure = free_port(), free_port()
        (folder / "willcall.conf").write_text(
            _adapted(folder, gateways, plain, secure, _version(program)), encoding="utf-8"
        )
        main = folder / "nginx.conf"
        main.write_text(MAIN.format(folder=folder), encoding="utf-8")
        with (folder / "said").open("w", encoding="utf-8") as said:
            process = subprocess.Popen([program, "-p", place, "-c", str(main)], stderr=said)
        try:
            trust = ssl.create_default_context(cafile=str(certificate))
            proxy = Proxy(
                f"https://localhost:{secure}", f"http://localhost:{plain}", trust, folder / "access"
            )
            _wait(proxy, process, folder / "said")
            yield proxy
        finally:
            process.terminate()
            process.wait(10)


def _adapted(
    folder: Path, gateways: Sequence[str], plain: int, secure: int, version: tuple[int, ...]
) -> str:
    """The configuration with other names, ports and places, and nothing else changed."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    changes = {
        r"gateway-1:8080": gateways[0],
        r"gateway-2:8080": gateways[-1],
        r"listen 8081;": f"listen 127.0.0.1:{plain};",
        r"listen 8443 ssl;": f"listen 127.0.0.1:{secure} ssl;",
        r"/etc/nginx/tls": str(folder),
        r"/dev/stdout": str(folder / "access"),
    }
    if version < OWN_LINE_FOR_HTTP2:
        changes[r"listen 8443 ssl;"] = f"listen 127.0.0.1:{secure} ssl http2;"
        changes[r"    http2 on;\n"] = ""
    for old, new in changes.items():
        text, found = re.subn(old, new, text)
        assert found == 1 or old == r"/etc/nginx/tls", f"{old} is there {found} times"
    return text


def _certificate(folder: Path) -> Path:
    """A key and a certificate of its own for localhost."""
    files = folder / "tls.key", folder / "tls.crt"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-keyout", files[0], "-out", files[1], "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return files[1]


def _version(program: str) -> tuple[int, ...]:
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", told)
    assert found is not None, told
    return tuple(map(int, found.groups()))


def _wait(proxy: Proxy, process: "subprocess.Popen[bytes]", said: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{proxy.url}/metrics", context=proxy.trust):
                raise RuntimeError("nginx shows the metrics to everybody")
        except urllib.error.HTTPError:
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start: {said.read_text()}") from error
        time.sleep(0.05)
