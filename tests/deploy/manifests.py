"""The Kubernetes manifests of deploy/kubernetes, and what can be read out of them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from bot.places import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
NAME = "app.kubernetes.io/name"
Manifest = dict[str, Any]


@cache
def objects(part: str = "base") -> tuple[Manifest, ...]:
    """Every object of base or example, but not what kustomize reads itself."""
    found = []
    for path in sorted((FOLDER / part).glob("*.yaml")):
        if path.name != "kustomization.yaml":
            found += list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    return tuple(found)


def kustomization(part: str) -> Manifest:
    """What kustomize puts together."""
    text = (FOLDER / part / "kustomization.yaml").read_text(encoding="utf-8")
    found: Manifest = yaml.safe_load(text)
    return found


def of_kind(*kinds: str, part: str = "base") -> list[Manifest]:
    """The objects of some kinds."""
    return [each for each in objects(part) if each["kind"] in kinds]


def pods() -> dict[str, Manifest]:
    """The pod templates by their name."""
    kinds = ("Deployment", "StatefulSet", "Job")
    return {each["metadata"]["name"]: each["spec"]["template"] for each in of_kind(*kinds)}


def container(name: str) -> Manifest:
    """The one container of a pod."""
    (only,) = pods()[name]["spec"]["containers"]
    found: Manifest = only
    return found


def flows(direction: str) -> Iterator[tuple[str, str, int]]:
    """Who may speak to whom, at which port, as one side's policies say: Ingress or Egress."""
    side = "from" if direction == "Ingress" else "to"
    for policy in of_kind("NetworkPolicy"):
        own = policy["spec"]["podSelector"].get("matchLabels", {}).get(NAME)
        for rule in policy["spec"].get(direction.lower(), []):
            for peer in rule[side]:
                for port in rule["ports"]:
                    ends = (_peer(peer), own) if side == "from" else (own, _peer(peer))
                    yield *ends, port["port"]


def _peer(peer: Manifest) -> str:
    (kind, selector), *others = peer.items()
    assert others == [], "a pod and a namespace together are not used here"
    label = NAME if kind == "podSelector" else "kubernetes.io/metadata.name"
    name = selector["matchLabels"][label]
    return str(name) if kind == "podSelector" else f"namespace {name}"
