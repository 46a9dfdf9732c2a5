"""The Kubernetes manifests: their form, who may speak to whom, and that they fit the processes."""

import re
from typing import Any

import pytest

from bot.settings import INTERNAL, PREFIX, Settings
from tests.deploy.manifests import (
    FOLDER,
    NAME,
    container,
    flows,
    kustomization,
    objects,
    of_kind,
    pods,
)  # fmt: skip
from tests.deploy.settings import variables

VERSIONS = {
    "Namespace": "v1", "ServiceAccount": "v1", "ConfigMap": "v1", "Secret": "v1", "Service": "v1",
    "PersistentVolumeClaim": "v1", "Deployment": "apps/v1", "StatefulSet": "apps/v1",
    "Job": "batch/v1", "PodDisruptionBudget": "policy/v1", "NetworkPolicy": "networking.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1", "HorizontalPodAutoscaler": "autoscaling/v2",
}  # fmt: skip
# The fields that may stand at a place; a misspelled one would be ignored or refused by a cluster.
FIELDS = {
    "Deployment.spec": "replicas selector strategy template",
    "StatefulSet.spec": "serviceName replicas podManagementPolicy selector template",
    "Job.spec": "backoffLimit template",
    "Service.spec": "clusterIP selector ports",
    "PersistentVolumeClaim.spec": "accessModes resources",
    "PodDisruptionBudget.spec": "minAvailable selector",
    "NetworkPolicy.spec": "podSelector policyTypes ingress egress",
    "Ingress.spec": "ingressClassName tls rules",
    "HorizontalPodAutoscaler.spec": "scaleTargetRef minReplicas maxReplicas metrics",
    "pod": """
        restartPolicy serviceAccountName automountServiceAccountToken enableServiceLinks
        securityContext topologySpreadConstraints terminationGracePeriodSeconds containers volumes
    """,
    "container": """
        name image args ports envFrom env startupProbe readinessProbe livenessProbe lifecycle
        resources securityContext volumeMounts
    """,
    "probe": "httpGet tcpSocket periodSeconds timeoutSeconds failureThreshold",
}
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
SERVING = ("gateway", "teacher", "actions", "rasa", "redis")
DATABASE, OUTSIDE = "postgresql", ("namespace ingress-nginx", "namespace monitoring")
DNS = "namespace kube-system"
FLOWS = {
    *((OUTSIDE[0], "gateway", 8080), (OUTSIDE[1], "gateway", 8080), (OUTSIDE[1], "teacher", 8080)),
    (OUTSIDE[1], "actions", 5055),
    *((gateway, "rasa", 5005) for gateway in ("gateway", "teacher")),
    *((gateway, "actions", 5055) for gateway in ("gateway", "teacher")),
    *((gateway, "redis", 6379) for gateway in ("gateway", "teacher")),
    ("rasa", "actions", 5055),
    *((user, DATABASE, 5432) for user in ("gateway", "teacher", "actions", "prepare")),
}
each_pod = pytest.mark.parametrize("name", sorted(pods()))


def known(place: str, found: dict[str, Any]) -> None:
    assert found.keys() - set(FIELDS[place].split()) == set(), place


@pytest.mark.parametrize("part", ["base", "example"])
def test_every_object_has_a_known_form(part: str) -> None:
    for each in objects(part):
        assert each["apiVersion"] == VERSIONS[each["kind"]], each["metadata"]
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", each["metadata"]["name"])
        if f"{each['kind']}.spec" in FIELDS:
            known(f"{each['kind']}.spec", each["spec"])
    names = [(each["kind"], each["metadata"]["name"]) for each in objects(part)]
    assert len(names) == len(set(names))


def test_every_file_is_taken() -> None:
    for part in ("base", "example"):
        files = {path.name for path in (FOLDER / part).glob("*.yaml")} - {"kustomization.yaml"}
        assert files == set(kustomization(part)["resources"]) - {"../base"}
    images = {each["name"] for each in kustomization("example")["images"]}
    ours = {container(name)["image"] for name in pods()} - {"redis:7-bookworm"}
    assert images == ours == {"willcall-app", "willcall-rasa", "willcall-teacher"}


@each_pod
def test_a_pod_may_do_nothing_but_its_work(name: str) -> None:
    spec = pods()[name]["spec"]
    known("pod", spec)
    assert spec["automountServiceAccountToken"] is False
    context = spec["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] == (999 if name == "redis" else 10001)
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    known("container", container(name))


@each_pod
def test_a_pod_has_bounds_and_its_volumes(name: str) -> None:
    resources = container(name)["resources"]
    assert resources["requests"].keys() == {"cpu", "memory"}
    assert "memory" in resources["limits"]
    mounted = {each["name"] for each in container(name)["volumeMounts"]}
    assert mounted == {each["name"] for each in pods()[name]["spec"]["volumes"]}


@each_pod
def test_selectors_find_the_pod(name: str) -> None:
    assert pods()[name]["metadata"]["labels"] == {NAME: name}
    for each in of_kind("Deployment", "StatefulSet"):
        if each["metadata"]["name"] == name:
            assert each["spec"]["selector"]["matchLabels"] == {NAME: name}


@pytest.mark.parametrize("name", SERVING)
def test_a_serving_pod_is_asked_whether_it_is_well(name: str) -> None:
    found = container(name)
    (port,) = found["ports"]
    for probe in PROBES:
        known("probe", found[probe])
        (asked,) = (
            found[probe].get(kind) for kind in ("httpGet", "tcpSocket") if kind in found[probe]
        )
        assert asked["port"] == port["name"]
    if name in ("gateway", "teacher"):
        assert found["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert found["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert set(SERVING) == pods().keys() - {"prepare"}


def test_ports_are_those_of_the_processes() -> None:
    fields = Settings.model_fields
    ports = {name: container(name)["ports"][0]["containerPort"] for name in SERVING}
    assert ports["gateway"] == ports["teacher"] == fields["port"].default
    assert ports["actions"] == fields["actions_port"].default
    assert ports["rasa"] == fields["rasa_port"].default
    for service in of_kind("Service"):
        name = service["metadata"]["name"]
        assert service["spec"]["selector"] == {NAME: name}
        assert [each["port"] for each in service["spec"]["ports"]] == [ports[name]]


def test_every_address_is_that_of_a_pod_that_there_is() -> None:
    (settings,) = of_kind("ConfigMap")
    told = {**settings["data"], "rasa": " ".join(container("rasa")["args"])}
    named = re.findall(r"http://(\w+)-(\d+)\.(\w+):(\d+)", " ".join(told.values()))
    assert len(named) == 6
    sets = {each["metadata"]["name"]: each["spec"] for each in of_kind("StatefulSet")}
    for pod, number, service, port in named:
        assert sets[pod]["serviceName"] == service
        assert int(number) < sets[pod]["replicas"]
        assert container(pod)["ports"][0]["containerPort"] == int(port)


@each_pod
def test_its_variables_are_settings_and_its_secrets_are_there(name: str) -> None:
    (settings,) = of_kind("ConfigMap")
    (secret,) = of_kind("Secret", part="example")
    assert settings["data"].keys() <= variables() - INTERNAL
    given = {each["name"]: each["value"] for each in container(name).get("env", [])}
    assert {each for each in given if each.startswith(PREFIX)} == given.keys() <= variables()
    (volume,) = (each for each in pods()[name]["spec"]["volumes"] if each["name"] == "secrets")
    keys = {each["key"] for each in volume["secret"]["items"]}
    assert keys <= secret["stringData"].keys()
    files = {value for each, value in given.items() if each.endswith("_FILE")}
    if name != "redis":
        assert files == {f"/run/secrets/willcall/{key}" for key in keys}


def test_only_who_needs_the_records_has_their_secret() -> None:
    holders = {
        name for name in pods()
        if any("DATABASE_URL" in each["name"] for each in container(name).get("env", []))
    }  # fmt: skip
    assert holders == {"gateway", "teacher", "actions", "prepare"}


def test_nothing_may_speak_with_anything_else() -> None:
    nothing = next(
        each for each in of_kind("NetworkPolicy") if each["metadata"]["name"] == "nothing"
    )
    assert nothing["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in of_kind("NetworkPolicy"):
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    leaving = set(flows("Egress"))
    assert {(source, target, port) for source, target, port in leaving if target != DNS} == {
        each for each in FLOWS if each[0] not in OUTSIDE
    }
    assert {port for _, target, port in leaving if target == DNS} == {53}
    assert set(flows("Ingress")) == {each for each in FLOWS if each[1] != DATABASE}


def test_rasa_reaches_no_records() -> None:
    assert {target for source, target, _ in flows("Egress") if source == "rasa"} == {DNS, "actions"}


def test_one_of_each_stays_and_the_ingress_leads_to_the_gateways() -> None:
    for budget in of_kind("PodDisruptionBudget"):
        name = budget["spec"]["selector"]["matchLabels"][NAME]
        (kept,) = (
            each["spec"] for each in of_kind("Deployment", "StatefulSet")
            if each["metadata"]["name"] == name
        )  # fmt: skip
        assert budget["spec"]["minAvailable"] < kept["replicas"]
    (ingress,) = of_kind("Ingress", part="example")
    paths = ingress["spec"]["rules"][0]["http"]["paths"]
    assert {each["backend"]["service"]["name"] for each in paths} == {"gateway"}
    assert not any(each["path"] in ("/", "/metrics", "/readyz") for each in paths)
