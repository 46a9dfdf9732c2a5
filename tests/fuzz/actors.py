"""Who sends requests: nobody, a patient, people of the staff, the pharmacy's system."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.fuzz import tally
from tests.fuzz.house import FEED_TOKEN, STAFF, FuzzedGateway
from tests.staff import PASSWORD

HANG_SECONDS = 20


@dataclass
class Actor:
    """Somebody with an authentication of their own, and the things that they know of."""

    name: str
    gateway: FuzzedGateway
    headers: dict[str, str] = field(default_factory=dict)
    known: dict[str, list[Any]] = field(default_factory=dict)

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request, counted. It is a hang if the answer does not come."""
        headers = {**self.headers, **more.pop("headers", {})}
        try:
            answer = requests.request(
                method, self.gateway.address + path, headers=headers, timeout=HANG_SECONDS, **more
            )
        except requests.Timeout:
            tally.THROWN["hangs"] += 1
            raise
        tally.answered(answer.status_code, path.partition("?")[0])
        return answer

    def ready(self) -> None:
        """Be who one is again: signed in, with a chat that has not ended."""


class PatientActor(Actor):
    """A patient with a conversation."""

    def ready(self) -> None:
        chat = self.known.get("conversation", [""])[0]
        if chat and self.send("GET", f"/api/v1/conversations/{chat}/events").status_code == 200:
            return
        opened = self.send("POST", "/api/v1/conversations", json={"locale": "es"}).json()
        self.headers = {"Authorization": f"Bearer {opened['secret']}"}
        self.known["conversation"] = [opened["conversation_id"]]
        self.say("which")

    def say(self, text: str) -> None:
        """Write something."""
        chat = self.known["conversation"][0]
        body = {"client_id": uuid.uuid4().hex, "text": text}
        answer = self.send("POST", f"/api/v1/conversations/{chat}/messages", json=body)
        assert answer.status_code == 202, answer.text


class StaffActor(Actor):
    """Somebody at the desk."""

    def ready(self) -> None:
        if self.headers and self.send("GET", "/staff/api/session").status_code == 200:
            return
        username = next(name for name, role in STAFF.items() if role == self.name)
        body = {"username": username, "password": PASSWORD}
        answer = requests.post(f"{self.gateway.address}/staff/api/login", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        cookie = answer.cookies["willcall_staff"]
        self.headers = {
            "Cookie": f"willcall_staff={cookie}",
            "X-CSRF-Token": answer.json()["csrf"],
        }


def everybody(gateway: FuzzedGateway) -> dict[str, Actor]:
    """One of each, who know the same chats, escalations, questions and accounts."""
    patient = PatientActor("patient", gateway)
    chats = [_chat(patient, text) for text in ("person", "clinical", "unsure")]
    patient.known.clear()
    patient.headers = {}
    known: dict[str, list[Any]] = {
        "conversation": chats, "username": ["sam", "nobody"], "number": [1, 2, 3, 0],
    }  # fmt: skip
    staff = (StaffActor(role, gateway, known=known) for role in dict.fromkeys(STAFF.values()))
    feed = Actor("feed", gateway, {"Authorization": f"Bearer {FEED_TOKEN}"}, known)
    nobody = Actor("nobody", gateway, known=known)
    return {actor.name: actor for actor in (nobody, patient, *staff, feed)}


def _chat(patient: PatientActor, text: str) -> str:
    """A chat in which something has happened; its id."""
    patient.known.clear()
    patient.headers = {}
    patient.ready()
    patient.say(text)
    chat: str = patient.known["conversation"][0]
    return chat
