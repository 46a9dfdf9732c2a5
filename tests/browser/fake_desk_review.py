"""The part of the fake desk that pharmacists review and teach with: all of it in memory."""

import itertools
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.browser.fake_desk_people import ACCOUNT, Row, ago
from tests.browser.fake_gateway import problem

if TYPE_CHECKING:
    from tests.browser.fake_desk import FakeDesk

TOPICS: list[Row] = [
    {"name": "with_food", "label": "With food", "clinical": True},
    {"name": "storage", "label": "Storage", "clinical": False},
]
INTENTS: list[Row] = [
    {"name": "ask_price", "label": "Price of a medicine", "clinical": False,
     "examples": ["how much is it", "what do i pay"]},
    {"name": "ask_stock", "label": "Stock of a medicine", "clinical": False,
     "examples": ["do you have metformin", "is it in stock"]},
    {"name": "ask_clinical", "label": "Clinical question", "clinical": True,
     "examples": ["can i take ibuprofen with it"]},
    {"name": "ask_vaccine", "label": "Vaccination", "clinical": False,
     "examples": ["do you give flu shots"]},
]  # fmt: skip
PRODUCTS: list[Row] = [
    {"product_id": "p1", "generic_name": "metformin", "strength": "500 mg", "form": "tablet",
     "brand_names": ["Glucophage"]},
    {"product_id": "p2", "generic_name": "amoxicillin", "strength": "400 mg/5 mL",
     "form": "suspension", "brand_names": []},
]  # fmt: skip
UNDER_WAY = ("queued", "training", "testing")


class FakeReview:
    """Questions, instructions, models, numbers and retention of docs/staff-api.md."""

    def __init__(self, desk: "FakeDesk") -> None:
        self.desk = desk
        self.questions: list[Row] = []
        self.reviews: dict[int, list[Row]] = {}
        self.intents = INTENTS
        self.instructions: list[Row] = []
        self.models: list[Row] = []
        self.waiting_sentences = 12
        self.numbers: Row = {}
        self.retention: Row = {"rules": [], "runs": []}
        self.queries: list[tuple[str, dict[str, str]]] = []
        # Somebody else is always faster: their name.
        self.faster: str | None = None
        self._count = itertools.count(100)

    # --- what a test does behind the pages' back ---

    def ask(self, text: str, group_id: int | None = None, **fields: Any) -> Row:
        """A question to review."""
        question = {
            "question_id": len(self.questions) + 1, "kind": "unanswered", "text": text,
            "locale": "en", "intent": "ask_price", "confidence": 0.41,
            "ranking": [["ask_price", 0.41], ["ask_stock", 0.22], ["ask_clinical", 0.04]],
            "status": "new", "asked_at": ago(300 - len(self.questions)), "group_id": group_id,
            "label": None, "reviewed_by": None, "reviewed_at": None, "conversation_id": "ana",
            "reachable": False, **fields,
        }  # fmt: skip
        self.questions.append(question)
        return question

    def decide(self, question: Row, status: str, username: str, label: str | None = None) -> None:
        who = self.desk.accounts[username].public()
        question |= {"status": status, "reviewed_by": who, "reviewed_at": ago(0)}
        question["label"] = label

    def write(self, **fields: Any) -> Row:
        """A version of an instruction."""
        version_id = len(self.instructions) + 1
        dana = self.desk.accounts["dana"].public()
        nobody = dict.fromkeys(
            ("approved_by", "approved_at", "second_by", "second_at", "ended_by", "ended_at")
        )
        version = {
            "version_id": version_id, "series": version_id, "medicine": "metformin tablet",
            "product_id": None, "generic_name": "metformin", "form": "tablet",
            "topic": "with_food", "texts": {"en": "Take it with food.", "es": "Tómela con comida."},
            "source": "Package leaflet", "source_url": None,
            "review_due_on": (date.today() + timedelta(days=200)).isoformat(),  # noqa: DTZ011
            "clinical": False, "state": "active", "written_by": dana, "written_at": ago(9000),
            **nobody, "imported": False, **fields,
        }  # fmt: skip
        self.instructions.append(version)
        return version

    def train(self, **fields: Any) -> Row:
        """A model's card."""
        card = {
            "model_id": len(self.models) + 1, "state": "passed", "created_by": "dana",
            "created_at": ago(60), "data_hash": "ab12", "sentences": 37, "progress": {},
            "figures": {}, "differences": [], "refusals": [], "finished_at": None,
            "activated_by": None, "activated_at": None, "retired_at": None, **fields,
        }  # fmt: skip
        self.models.append(card)
        return card

    # --- HTTP ---

    def routes(self) -> list[web.RouteDef]:
        api = "/staff/api"
        return [
            web.get(api + "/questions", self._questions),
            web.post(api + "/questions/reviews/{id}/undo", self._undo),
            web.post(api + "/questions/groups/{id}/{act}", self._decide_group),
            web.post(api + "/questions/{id}/{act}", self._decide_one),
            web.get(api + "/intents", self._intents),
            web.get(api + "/instructions", self._instructions),
            web.get(api + "/instructions/{series}", self._versions),
            web.post(api + "/instructions", self._write),
            web.post(api + "/instructions/{id}/approve", self._approve),
            web.post(api + "/instructions/{id}/retire", self._retire),
            web.get(api + "/products", self._products),
            web.get(api + "/models", self._models),
            web.get(api + "/models/reviewed.yml", self._reviewed),
            web.get(api + "/models/{id}", self._model),
            web.post(api + "/models/train", self._train),
            web.post(api + "/models/rollback", self._rollback),
            web.post(api + "/models/{id}/activate", self._activate),
            web.get(api + "/numbers", self._numbers),
            web.get(api + "/retention", self._retention),
            web.post(api + "/retention/export", self._export),
            web.post(api + "/retention/erase", self._erase),
        ]

    async def _questions(self, request: web.Request) -> web.Response:
        wanted = request.query
        self.queries.append(("questions", dict(wanted)))
        status = wanted.get("status", "new")
        found = [
            each
            for each in self.questions
            if each["status"] == status
            and wanted.get("kind", each["kind"]) == each["kind"]
            and wanted.get("group_id", str(each["group_id"])) == str(each["group_id"])
        ]
        groups = [self._group(group) for group in {each["group_id"]: 1 for each in found} if group]
        by_age = wanted.get("order") == "age"
        groups.sort(key=lambda each: each["oldest_at"] if by_age else -each["size"])
        counts = {
            name: sum(each["status"] == name for each in self.questions)
            for name in ("new", "answered", "labelled", "dismissed")
        }
        return web.json_response({"questions": found, "groups": groups, "counts": counts})

    def _group(self, group_id: int) -> Row:
        of = [each for each in self.questions if each["group_id"] == group_id]
        times = sorted(each["asked_at"] for each in of)
        return {
            "group_id": group_id, "locale": of[0]["locale"], "size": len(of),
            "new": sum(each["status"] == "new" for each in of), "oldest_at": times[0],
            "newest_at": times[-1], "examples": [each["text"] for each in of[:3]],
            "guess": of[0]["intent"],
        }  # fmt: skip

    async def _decide_one(self, request: web.Request) -> web.Response:
        chosen = [self.questions[int(request.match_info["id"]) - 1]]
        return await self._decide(request, chosen)

    async def _decide_group(self, request: web.Request) -> web.Response:
        group_id = int(request.match_info["id"])
        chosen = [
            each
            for each in self.questions
            if each["group_id"] == group_id and each["status"] == "new"
        ]
        return await self._decide(request, chosen)

    async def _decide(self, request: web.Request, chosen: list[Row]) -> web.Response:
        act, body = request.match_info["act"], await request.json()
        status = {"answer": "answered", "label": "labelled", "dismiss": "dismissed"}[act]
        if self.faster:
            for each in chosen:
                self.decide(each, "labelled", self.faster, "ask_stock")
            name = self.desk.accounts[self.faster].display_name
            error = {"code": "already_reviewed", "message": "Somebody was faster."}
            return web.json_response({"error": {**error, "reviewer": name}}, status=409)
        if act == "answer":
            chosen = [each for each in chosen if each["reachable"]]
        review_id = next(self._count)
        self.reviews[review_id] = [dict(each) for each in chosen]
        for each in chosen:
            self.decide(each, status, request[ACCOUNT].username, body.get("intent"))
        return web.json_response({"review_id": review_id, "questions": chosen})

    async def _undo(self, request: web.Request) -> web.Response:
        before = self.reviews.pop(int(request.match_info["id"]))
        for each in before:
            self.questions[each["question_id"] - 1] |= each
        return web.json_response({"review_id": 0, "questions": before})

    async def _intents(self, request: web.Request) -> web.Response:
        return web.json_response({"intents": self.intents})

    async def _instructions(self, request: web.Request) -> web.Response:
        wanted = request.query
        self.queries.append(("instructions", dict(wanted)))
        newest = {each["series"]: each for each in self.instructions}
        soon = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011
        found = [
            each
            for each in newest.values()
            if wanted.get("q", "").lower() in json.dumps(each).lower()
            and wanted.get("state", each["state"]) == each["state"]
            and wanted.get("topic", each["topic"]) == each["topic"]
            and ("expiring" not in wanted or each["review_due_on"] <= soon)
        ]
        expiring = sum(each["review_due_on"] <= soon for each in newest.values())
        body = {"instructions": found, "topics": TOPICS, "expiring": expiring}
        return web.json_response(body)

    async def _versions(self, request: web.Request) -> web.Response:
        series = int(request.match_info["series"])
        of = [each for each in self.instructions if each["series"] == series]
        return web.json_response({"versions": of[::-1]})

    async def _write(self, request: web.Request) -> web.Response:
        body = await request.json()
        made = self.write(**{"state": "draft", "written_by": request[ACCOUNT].public(), **body})
        made["medicine"] = body.get("generic_name") or "metformin 500 mg tablet"
        return web.json_response(made, status=201)

    async def _approve(self, request: web.Request) -> web.Response:
        version = self.instructions[int(request.match_info["id"]) - 1]
        who = request[ACCOUNT].public()
        if version["state"] == "second":
            if version["approved_by"] == who:
                return problem(409, "needs_second_pharmacist", "Another pharmacist has to.")
            version |= {"state": "active", "second_by": who, "second_at": ago(0)}
        else:
            state = "second" if version["clinical"] else "active"
            version |= {"state": state, "approved_by": who, "approved_at": ago(0)}
        return web.json_response(version)

    async def _retire(self, request: web.Request) -> web.Response:
        version = self.instructions[int(request.match_info["id"]) - 1]
        version |= {"state": "retired", "ended_by": request[ACCOUNT].public(), "ended_at": ago(0)}
        return web.json_response(version)

    async def _products(self, request: web.Request) -> web.Response:
        q = request.query.get("q", "").lower()
        return web.json_response({"products": [p for p in PRODUCTS if q in json.dumps(p).lower()]})

    async def _models(self, request: web.Request) -> web.Response:
        cards = [{k: v for k, v in each.items() if k != "differences"} for each in self.models]
        active = next((each["model_id"] for each in cards if each["state"] == "active"), None)
        body = {
            "models": cards[::-1], "active": active, "waiting_sentences": self.waiting_sentences,
            "settings": {"largest_drop": 0.01},
        }  # fmt: skip
        return web.json_response(body)

    async def _model(self, request: web.Request) -> web.Response:
        return web.json_response(self.models[int(request.match_info["id"]) - 1])

    async def _train(self, request: web.Request) -> web.Response:
        if any(each["state"] in UNDER_WAY for each in self.models):
            return problem(409, "already_training", "A model is being made already.")
        card = self.train(state="queued", created_at=ago(0), created_by=request[ACCOUNT].username)
        return web.json_response(card, status=202)

    async def _activate(self, request: web.Request) -> web.Response:
        card = self.models[int(request.match_info["id"]) - 1]
        self._retire_active()
        card |= {"state": "active", "activated_by": request[ACCOUNT].username}
        card["activated_at"] = ago(0)
        return web.json_response(card)

    async def _rollback(self, request: web.Request) -> web.Response:
        before = next((e for e in self.models[::-1] if e["state"] == "retired"), None)
        if before is None:
            return problem(409, "nothing_before", "There is no model before this one.")
        self._retire_active()
        before |= {"state": "active", "activated_at": ago(0), "retired_at": None}
        return web.json_response(before)

    def _retire_active(self) -> None:
        for each in self.models:
            if each["state"] == "active":
                each |= {"state": "retired", "retired_at": ago(0)}

    async def _reviewed(self, request: web.Request) -> web.Response:
        return web.Response(text="version: '3.1'\n", content_type="text/yaml")

    async def _numbers(self, request: web.Request) -> web.Response:
        days = int(request.query.get("days", "30"))
        self.queries.append(("numbers", dict(request.query)))
        return web.json_response({**self.numbers, "days": self.numbers["days"][-days:]})

    async def _retention(self, request: web.Request) -> web.Response:
        return web.json_response(self.retention)

    async def _export(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["conversation_id"] not in self.desk.talks:
            return problem(404, "not_found", "No such conversation.")
        return web.json_response({"conversation_id": body["conversation_id"], "events": []})

    async def _erase(self, request: web.Request) -> web.Response:
        return web.Response(status=204)
