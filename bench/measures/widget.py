"""What a page that embeds the widget loads, gzipped as a web server would."""

import gzip

from bench.figures import Measured
from bench.measures.report import Report
from bot.places import ROOT

STATIC = ROOT / "bot" / "gateway" / "static"
LEVEL = 6


async def measure() -> Report:
    """widget.js and every file of its folder, each on its own, in KB of 1,000 bytes."""
    files = [STATIC / "widget.js", *sorted((STATIC / "widget").rglob("*"))]
    sizes = {
        path.relative_to(STATIC).as_posix(): len(gzip.compress(path.read_bytes(), LEVEL))
        for path in files
        if path.is_file()
    }
    return Report({"widget": Measured(sum(sizes.values()) / 1000)}, {"gzipped_bytes": sizes})
