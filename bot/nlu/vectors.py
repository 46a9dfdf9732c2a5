"""Turns sentences into vectors in bulk: ``python -m bot.nlu.vectors --out FILE.npy``.

Standard input: one JSON string a line. The file gets one row a line, in order, of the shape that
``SentenceEncoder.encode`` gives. For tools that compare sentences by meaning; they run in the other
environment, which has no encoder. Exit status: 0, or 2 for a line that is no JSON string.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from bot.nlu.encoder import encoder
from bot.nlu.reading import for_meaning


def main() -> int:
    """Command line entry."""
    arguments = argparse.ArgumentParser(description="Sentences to vectors.")
    arguments.add_argument("--out", type=Path, required=True, help="where the .npy goes")
    out = arguments.parse_args().out
    texts = []
    for number, line in enumerate(sys.stdin, start=1):
        try:
            text = json.loads(line)
        except ValueError:
            text = None
        if not isinstance(text, str):
            print(f"bad input: line {number} is not a JSON string", file=sys.stderr)  # noqa: T201
            return 2
        texts.append(for_meaning(text))
    np.save(out, encoder().encode(texts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
