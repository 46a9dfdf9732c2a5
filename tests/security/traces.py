"""Everything an installation leaves behind outside its database, and what was planted in it."""

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.feed.examples import FILL, PATIENT, PRESCRIPTION, PRODUCT, STORE, FeedRecord

# Identifiers that exist nowhere else: of records, of what people type, and secrets.
NAME, FIRST, STRANGER = "Quillfeather", "Zebedee", "Nakagaweza"
MEDICINE, DIRECTIONS, PRESCRIBER = (
    "Zephyrolinum",
    "Dissolve under the left tongue",
    "Dr. Oglethwaite",
)
BORN, PHONE, RX = "1961-07-31", "+12165550198", "7709118"
TYPED, NOTE, REPLY, SEARCHED = "larkspur lane", "notecanary", "replycanary", "searchcanary"
BROKEN, NAMELESS = "brokencanary", "pathcanary"
RASA_TOKEN, FEED_TOKEN, METRICS_TOKEN = (
    "rasa-canary-token-1",
    "feed-canary-token-1",
    "metrics-canary-1",
)
PASSWORD = "a password canary"
WORDS = (
    NAME, FIRST, STRANGER, MEDICINE, DIRECTIONS, PRESCRIBER, BORN, "07/31/1961", PHONE,
    "216-555-0198", "5550198", RX, TYPED, NOTE, REPLY, SEARCHED, BROKEN, NAMELESS,
    RASA_TOKEN, FEED_TOKEN, METRICS_TOKEN, PASSWORD,
)  # fmt: skip

RECORDS: tuple[FeedRecord, ...] = (
    STORE,
    PATIENT
    | {"first_name": FIRST, "last_name": NAME, "date_of_birth": BORN, "phone": PHONE}
    | {"language": "en"},
    PRODUCT | {"generic_name": MEDICINE, "brand_names": []},
    PRESCRIPTION
    | {"rx_number": RX, "directions": DIRECTIONS, "prescriber_name": PRESCRIBER}
    | {"status": "active", "transferred_to": None},
    FILL | {"rx_number": RX, "state": "ready", "reason": None},
)
IDENTITY = {"last_name": NAME, "date_of_birth": BORN, "phone": PHONE}


@dataclass
class Traces:
    """Texts and files in which nothing of the planted may be found."""

    texts: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, text: str) -> None:
        """Look at this as well; the same place may be added several times."""
        self.texts[where] = self.texts.get(where, "") + text

    def add_files(self, folder: Path, besides: Iterable[Path] = ()) -> None:
        """Look at the names and contents of all files below a folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path not in set(besides):
                name = path.relative_to(folder.parent).as_posix()
                self.add(name, f"{path.name}\n{path.read_bytes().decode('latin-1')}")
                if tarfile.is_tarfile(path):
                    self._add_members(name, path)

    def _add_members(self, name: str, path: Path) -> None:
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                content = archive.extractfile(member)
                if content is not None:
                    self.add(f"{name}: {member.name}", content.read().decode("latin-1"))

    def found(self) -> Iterator[tuple[str, str]]:
        """Where something planted stands, and what."""
        for where, text in self.texts.items():
            folded = text.casefold()
            yield from ((where, word) for word in WORDS if word.casefold() in folded)


def command_lines(pids: Iterable[int]) -> str:
    """How processes were called, as any user of the machine sees it."""
    return "\n".join(
        Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in pids
    )
