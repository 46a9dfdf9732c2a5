"""docs/monitoring.md, the alerts and the dashboard name the metrics that there are."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from bot.bootstrap import build, utc_now
from bot.gateway.metrics_state import Here, State
from bot.settings import Settings
from bot.storage.database import Database
from tests.docs.metrics import Told, series, standard, told_by
from tests.docs.pages import ROOT, anchors, text_of

PAGE = ROOT / "docs" / "monitoring.md"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
SCRAPING = ROOT / "deploy" / "prometheus" / "prometheus.yml"
PLAYED = ROOT / "deploy" / "prometheus" / "alerts_test.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "willcall.json"

ROW = re.compile(r"^\| `(willcall_\w+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)
NAME = re.compile(r"\b(?:willcall_\w+|process_\w+|python_\w+|up)\b(?!\s*\()")
SELECTOR = re.compile(r"\b([a-z_]+)\{([^}]*)\}")
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
GROUPED = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
# What Prometheus adds to everything that it scrapes.
TARGET = {"job", "instance"}


async def _rasas() -> Mapping[str, bool]:
    return {"rasa:5005": True}


@pytest_asyncio.fixture
async def told(database_url: str, tmp_path: Path) -> dict[str, Told]:
    """The metrics of a gateway on an empty database."""
    app = build(Settings(data_dir=tmp_path), utc_now, Database(database_url))
    state = State(app, Here(sockets=lambda: 0, consoles=lambda: 0), _rasas)
    await state.refresh()
    found = told_by(state)
    await app.database.close()
    return found


def test_every_metric_is_documented_and_no_other(told: dict[str, Told]) -> None:
    page = {
        name: Told(kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in ROW.findall(text_of(PAGE))
    }
    assert page == told


def test_names_follow_the_conventions(told: dict[str, Told]) -> None:
    for name, metric in told.items():
        assert name.startswith("willcall_"), name
        assert name.endswith("_total") == (metric.kind == "counter"), name
        assert metric.kind != "histogram" or name.endswith("_seconds"), name
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent)(_|$)", name), name


def test_no_label_names_a_person_or_a_conversation(told: dict[str, Told]) -> None:
    labels = {label for metric in told.values() for label in metric.labels}
    assert labels == {
        "action", "code", "engine", "family", "found_by", "kind", "method", "model", "outcome",
        "priority", "queue", "reason", "result", "role", "route", "side", "stage", "state",
        "status", "to", "version",
    }  # fmt: skip


def expressions() -> Iterator[tuple[str, str, str]]:
    """Of the dashboard and of the alerts: where it stands, the expression, the text with labels."""
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"], target["legendFormat"]
    for rule in rules():
        yield rule["alert"], rule["expr"], rule["annotations"]["summary"]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_expressions_use_metrics_and_labels_that_exist(told: dict[str, Told]) -> None:
    known = {**series(told), **dict.fromkeys(standard(), ())}
    wrong = [problem for each in expressions() for problem in _problems(*each, known)]
    assert wrong == []


def _problems(
    where: str, expression: str, text: str, known: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    plain = re.sub(r'"[^"]*"', '""', expression)
    used = set(NAME.findall(plain))
    if not used:
        yield f"{where}: no metric in {expression}"
    yield from (f"{where}: there is no {name}" for name in used - known.keys())
    labels = {label for name in used & known.keys() for label in known[name]} | TARGET
    for name, inside in SELECTOR.findall(expression):
        for label in MATCHER.findall(inside):
            if label not in {*known.get(name, ()), *TARGET}:
                yield f"{where}: {name} has no label {label}"
    asked = {part.strip() for group in GROUPED.findall(plain) for part in group.split(",")} - {""}
    yield from (f"{where}: nothing has a label {label}" for label in asked - labels)
    shown = set(LEGEND.findall(text)) - {"value"}
    yield from (f"{where}: cannot show {label}" for label in shown - (asked or labels) - TARGET)
    if expression.count("(") != expression.count(")"):
        yield f"{where}: parentheses of {expression}"


@pytest.mark.parametrize(
    "broken",
    [
        "rate(willcall_turns[5m])",
        'willcall_waiting{patient="x"}',
        "sum by (name) (willcall_waiting)",
        "sum(willcall_waiting",
        "1 + 1",
    ],
)
def test_a_wrong_expression_would_be_noticed(broken: str, told: dict[str, Told]) -> None:
    assert list(_problems("here", broken, "", series(told)))


def test_what_is_shown_can_be_told_apart() -> None:
    """Each panel has its own place and number, and says what it shows."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [tuple(panel["gridPos"][key] for key in "xy") for panel in panels]
    assert len(set(places)) == len(places)
    assert all(panel["description"] for panel in panels if panel["type"] != "row")
    sources = {
        target["datasource"]["uid"] for panel in panels for target in panel.get("targets", ())
    }
    assert sources == {"${datasource}"}


def test_every_metric_of_ours_is_on_the_dashboard_or_named_here(told: dict[str, Told]) -> None:
    shown = {name for _, expression, _ in expressions() for name in NAME.findall(expression)}
    unseen = {name for name in told if not any(each.startswith(name) for each in shown)}
    assert unseen == {"willcall_build_info", "willcall_model_info"}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"Willcall[A-Z][A-Za-z]+", rule["alert"])
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("page", "warn")
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
    assert rule["annotations"].keys() == {"summary", "action", "runbook"}
    assert all(
        text.endswith(".")
        for text in (rule["annotations"]["summary"], rule["annotations"]["action"])
    )
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert ROOT / page == PAGE
    assert anchor in anchors(PAGE)
    assert f"`{rule['alert']}`" in text_of(PAGE)


def test_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    assert set(re.findall(r"`(Willcall[A-Z]\w+)`", text_of(PAGE))) == set(names)


def test_the_played_alerts_exist() -> None:
    played = set(re.findall(r"\b(Willcall[A-Z]\w+)", PLAYED.read_text("utf-8")))
    assert played
    assert played <= {rule["alert"] for rule in rules()}


def test_the_example_scrapes_the_jobs_that_the_alerts_name() -> None:
    config = yaml.safe_load(SCRAPING.read_text("utf-8"))
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    named = set(re.findall(r'job="([\w-]+)"', ALERTS.read_text("utf-8")))
    assert named == jobs
    assert config["rule_files"] == [ALERTS.name]
    ports = {
        job["static_configs"][0]["targets"][0].rpartition(":")[2]
        for job in config["scrape_configs"]
    }
    assert ports == {str(Settings().port), str(Settings().actions_port)}
