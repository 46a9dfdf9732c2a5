"""Asks a process whether it is well: `python -m bot.health URL`. For container health checks.

Valid Python 3.10 with the standard library alone: it runs in every image.
"""

import sys
import urllib.error
import urllib.request

SECONDS = 3


def main() -> int:
    """Exit status 0 when the address answers with a 2xx status in time, 1 otherwise."""
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http://"):
        sys.stderr.write("usage: python -m bot.health http://127.0.0.1:PORT/PATH\n")
        return 2
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=SECONDS) as answer:  # noqa: S310
            return 0 if 200 <= answer.status < 300 else 1
    except (urllib.error.URLError, OSError, ValueError) as error:
        sys.stderr.write(f"{type(error).__name__}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
