"""A stand-in for bot.nlu.teach that does what `SCRIPT` says: run by tests in its place.

It trains nothing. Every message is read as the intent that the script names for the model, so that
a test decides how a candidate compares.
"""

import json
import os
import sys
import time
from pathlib import Path

# What a script may hold, with what happens without it.
DEFAULTS = {
    "after": "ask_clinical",
    "before": "ask_clinical",
    "failed": None,
    "exit": 0,
    "hang": False,
    "nonsense": False,
    "stop_early": False,
}


def tell(kind: str, what: object) -> None:
    sys.stdout.write(json.dumps({kind: what}) + "\n")
    sys.stdout.flush()


def main() -> int:
    script = DEFAULTS | json.loads(os.environ["SCRIPT"])
    arguments = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    texts = [json.loads(line) for line in sys.stdin]
    reviewed = Path(arguments["--also"]) / "reviewed.yml"
    learned = reviewed.read_text(encoding="utf-8").count("\n    - ")
    sys.stderr.write("patients wrote: " + "; ".join(texts))
    for done in range(1, 4):
        tell("progress", {"step": "training", "done": done, "of": 3})
    while script["hang"]:
        time.sleep(0.1)
    if script["nonsense"]:
        sys.stdout.write("patients wrote nonsense\n")
        return 0
    if script["failed"]:
        tell("failed", script["failed"])
        return 1
    Path(arguments["--out"]).write_text(f"{script['after']} {learned}", encoding="utf-8")
    for name in ("after", *(["before"] if "--before" in arguments else [])):
        for _ in texts:
            tell(name, {"intent": script[name], "confidence": 0.9, "ranking": []})
        tell("progress", {"step": "testing", "done": len(texts), "of": len(texts)})
    if not script["stop_early"]:
        tell("done", {"sentences": 9000 + learned, "training": 1.25, "testing": 0.5})
    return int(script["exit"])


if __name__ == "__main__":
    sys.exit(main())
