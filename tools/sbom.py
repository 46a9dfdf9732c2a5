"""Writes the components of both locks as CycloneDX: `make sbom`.

Read from the locks themselves, so that it names what is installed, with its hashes, and needs no
network.
"""

import re
import sys
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from bot.places import ROOT

LOCKS = ("app", "rasa")
SHA_256 = HashAlgorithm.SHA_256
PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)(.*?)(?=^[\w.-]+==|\Z)", re.MULTILINE | re.DOTALL)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> list[Component]:
    """What a lock pins, in its order; a package has a hash for each of its files."""
    return [
        Component(
            type=ComponentType.LIBRARY,
            name=name,
            version=version,
            bom_ref=f"{name}=={version}",
            purl=PackageURL("pypi", None, name, version),
            hashes=[HashType(alg=SHA_256, content=each) for each in HASH.findall(rest)],
        )
        for name, version, rest in PINNED.findall(lock)
    ]


def main(folder: Path = ROOT / "var") -> int:
    """Write one file for each lock."""
    folder.mkdir(exist_ok=True)
    for name in LOCKS:
        lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        bom = Bom(components=components(lock))
        place = folder / f"sbom-{name}.json"
        JsonV1Dot6(bom).output_to_file(str(place), allow_overwrite=True, indent=2)
        print(f"{place.name}: {len(bom.components)} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
