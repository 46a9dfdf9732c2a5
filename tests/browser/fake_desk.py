"""An in-memory stand-in for the staff interface of docs/staff-api.md, with nothing behind it.

The tests of the console use it to do what the real one does rarely and never on demand: cut the
stream, lose an answer, end a session, let somebody else claim first, send markup in every field.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.gateway import staff_pages
from tests.browser.fake_desk_people import ACCOUNT, Account, Row, Talk, ago
from tests.browser.fake_desk_review import FakeReview
from tests.browser.fake_gateway import POLICY, STATIC, problem

__all__ = ["PASSWORD", "FakeDesk", "Row", "Talk", "ago"]

PASSWORD = "correct horse"
OTHER = {"counter": "pharmacist", "pharmacist": "counter"}
CANNED = [
    {"id": "received", "title": "We are looking", "text": "We are looking into it now."},
    {"id": "ready", "title": "Ready at", "text": "[name], your order will be ready at […] today."},
]


class FakeDesk:
    """Serves the console's real files and the staff interface on a free port of this machine."""

    def __init__(self) -> None:
        people = [
            Account("dana", "Dana Lee", "pharmacist"),
            Account("tina", "Tina Lopez", "technician"),
            Account("omar", "Omar Haddad", "pharmacist", code="123456"),
            Account("rosa", "Rosa Marin", "pharmacist"),
            Account("ada", "Ada Admin", "admin"),
        ]
        self.accounts = {each.username: each for each in people}
        self.password = PASSWORD
        self.sessions: dict[str, tuple[Account, str]] = {}
        self.talks: dict[str, Talk] = {}
        self.escalations: list[Row] = []
        self.changes: list[Row] = []
        self.canned: list[Row] = CANNED
        self.audit: list[Row] = []
        self.posts: list[tuple[str, Row]] = []
        self.requests: list[tuple[str, str, str | None]] = []
        self.seen_ids: list[str | None] = []
        self.lose_answers = 0
        self.refuse_messages = 0
        self.refuse_replies = False
        self.refuse_streams = False
        self.forgotten = False
        self.hidden_change = False
        self.review = FakeReview(self)
        self.url = ""
        self._streams: dict[web.StreamResponse, asyncio.Queue[str | None]] = {}
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.1)

    async def start(self, port: int = 0) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, bound = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{bound}/staff/"

    async def stop(self) -> None:
        self.drop_streams()
        await self._runner.cleanup()

    # --- what a test does behind the console's back ---

    def drop_streams(self) -> None:
        """Cut every stream."""
        for queue in self._streams.values():
            queue.put_nowait(None)

    def end_sessions(self) -> None:
        """As after the idle time: the streams end as well."""
        self.sessions.clear()
        self.drop_streams()

    def tell(self, kind: str, escalation: Row | None = None, **fields: Any) -> None:
        """Write a change and send it to the streams."""
        if escalation:
            names = ("queue", "conversation_id", "escalation_id", "priority")
            fields = {**{name: escalation[name] for name in names}, **fields}
        change = {"kind": kind, "at": ago(0), **fields}
        self.changes.append(change)
        if not self.hidden_change:
            self._send(f"id: {len(self.changes)}\nevent: change\ndata: {json.dumps(change)}\n\n")

    def passing(self, kind: str, **fields: Any) -> None:
        """Send what no console gets a second time: typing, seen, read."""
        self._send(f"event: {kind}\ndata: {json.dumps(fields)}\n\n")

    def _send(self, text: str) -> None:
        for queue in self._streams.values():
            queue.put_nowait(text)

    def open(self, talk: Talk, reason: str, question: str, **fields: Any) -> Row:
        """Put a conversation into a queue; times in minutes: `waited`, `due_in`."""
        waited, due_in = fields.pop("waited", 0.0), fields.pop("due_in", 30.0)
        patient = talk.record[0]["patient"]["name"] if talk.record else None
        nothing = dict.fromkeys(
            ("claimed_by", "claimed_at", "answered_at", "closed_at", "closed_by", "outcome")
        )
        escalation = {
            "escalation_id": len(self.escalations) + 1, "conversation_id": talk.conversation_id,
            "queue": "counter", "priority": "routine", "reason": "request_human",
            "reason_label": reason, "clinical": False, "question": question, "state": "waiting",
            "opened_at": ago(waited), "due_at": ago(-due_in), "overdue": due_in < 0, "alerts": 0,
            "last_patient_at": ago(waited), "unread": 1, **nothing, "locale": talk.locale,
            "patient_name": patient, "store_id": "main", "owner": "queue", "holder": None,
            "patient_left": False, "call_back": None, **fields,
        }  # fmt: skip
        self.talks[talk.conversation_id] = talk
        self.escalations.append(escalation)
        self.tell("opened", escalation)
        return escalation

    def say(self, talk: Talk, text: str) -> int:
        """The patient writes."""
        seq = talk.add("patient", text)
        cid = talk.conversation_id
        self.tell("message", conversation_id=cid, seq=seq, author="patient", queue="counter")
        return seq

    def take(self, escalation: Row, username: str) -> Row:
        """Somebody claims, on another console or on this one."""
        account = self.accounts[username]
        talk = self.talks[escalation["conversation_id"]]
        for each in self.of(talk):
            mine = account.role == "pharmacist" or not each["clinical"]
            if each["state"] == "claimed" and each["claimed_by"]["username"] != username:
                self._free(each)
            if each["state"] == "waiting" and (mine or each is escalation):
                each |= {"state": "claimed", "claimed_by": account.public(), "unread": 0}
                each |= {"claimed_at": ago(0), "owner": "staff"}
        self._hold(talk, account.public())
        talk.add("system", f"{account.display_name}, {account.role}, has joined.", "owner")
        self.tell("claimed", escalation)
        return escalation

    def of(self, talk: Talk) -> list[Row]:
        cid = talk.conversation_id
        return [each for each in self.escalations if each["conversation_id"] == cid]

    def _free(self, escalation: Row) -> None:
        escalation |= {"state": "waiting", "claimed_by": None, "claimed_at": None, "owner": "queue"}

    def _hold(self, talk: Talk, holder: Row | None) -> None:
        talk.holder = holder
        for each in self.of(talk):
            each["holder"] = holder

    # --- HTTP ---

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        api, conversation = "/staff/api", "/staff/api/conversations/{id}"
        app.add_routes(staff_pages.routes)
        app.add_routes(self.review.routes())
        app.add_routes(
            [
                web.static("/static", STATIC),
                web.post(api + "/login", self._login),
                web.get(api + "/session", self._session),
                web.post(api + "/password", self._password),
                web.post(api + "/logout", self._logout),
                web.post(api + "/logout_everywhere", self._logout),
                web.get(api + "/escalations", self._list),
                web.post(api + "/escalations/{id}/{what}", self._act),
                web.get(conversation, self._conversation),
                web.post(conversation + "/messages", self._message),
                web.post(conversation + "/notes", self._note),
                web.post(conversation + "/typing", self._nothing),
                web.post(conversation + "/seen", self._nothing),
                web.get(conversation + "/canned", self._canned),
                web.post(api + "/search", self._search),
                web.get(api + "/events", self._events),
                web.get(api + "/audit", self._audit),
                web.get(api + "/audit.csv", self._audit_csv),
                web.get(api + "/accounts", self._accounts),
                web.post(api + "/accounts/{username}/{what}", self._account),
            ]
        )
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        response = await self._checked(request, handler)
        if not response.prepared:
            response.headers.update({"Content-Security-Policy": POLICY})
            response.headers["Cache-Control"] = "no-store"
        return response

    async def _checked(
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        path = request.path.removeprefix("/staff/api")
        try:
            if path == request.path or path == "/login":
                response: web.StreamResponse = await handler(request)
                return response
            self.requests.append((request.method, path, request.headers.get("X-Background")))
            known = self.sessions.get(request.cookies.get("willcall_staff", ""))
            if known is None:
                return problem(401, "sign_in_required", "Please sign in.")
            if request.method == "POST":
                if request.headers.get("X-CSRF-Token") != known[1]:
                    return problem(403, "csrf_failed", "The page is out of date.")
                self.posts.append((path, await request.json()))
            request[ACCOUNT] = known[0]
            response = await handler(request)
        except web.HTTPException as error:
            return error
        return response

    async def _login(self, request: web.Request) -> web.Response:
        body = await request.json()
        account = self.accounts.get(body["username"])
        if account is None or body["password"] != self.password or account.disabled_at:
            return problem(401, "sign_in_failed", "The name or the password is wrong.")
        if account.code and "code" not in body:
            return problem(401, "code_required", "A code is needed.")
        if account.code and body["code"] != account.code:
            return problem(401, "sign_in_failed", "The name, password or code is wrong.")
        token = secrets.token_hex(8)
        self.sessions[token] = (account, secrets.token_hex(8))
        response = web.json_response({"csrf": self.sessions[token][1], **account.public()})
        response.set_cookie("willcall_staff", token, httponly=True, samesite="Strict", path="/")
        return response

    async def _session(self, request: web.Request) -> web.Response:
        account, csrf = self.sessions[request.cookies["willcall_staff"]]
        ends = {"idle_minutes": 15, "expires_at": ago(-600), "second_factor": bool(account.code)}
        return web.json_response({"csrf": csrf, **account.public(), **ends})

    async def _password(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["present"] != self.password:
            return problem(403, "password_wrong", "That is not your present password.")
        if len(body["new"]) < 12:
            return problem(422, "password_short", "The new password is too short.")
        self.password = body["new"]
        return web.Response(status=204)

    async def _logout(self, request: web.Request) -> web.Response:
        account = request[ACCOUNT]
        self.sessions.pop(request.cookies["willcall_staff"], None)
        for each in self.escalations:
            if (each["claimed_by"] or {}).get("username") == account.username:
                self._free(each)
                self._hold(self.talks[each["conversation_id"]], None)
        return web.Response(status=204)

    def _visible(self, account: Account) -> list[Row]:
        if account.role == "pharmacist":
            return self.escalations
        return [each for each in self.escalations if each["queue"] == "counter"]

    async def _list(self, request: web.Request) -> web.Response:
        states = request.query.get("state", "waiting,claimed").split(",")
        found = [each for each in self._visible(request[ACCOUNT]) if each["state"] in states]
        found.sort(key=lambda each: (each["priority"] != "urgent", each["due_at"]))
        return web.json_response({"escalations": found, "now": ago(0)})

    async def _act(self, request: web.Request) -> web.Response:
        account = request[ACCOUNT]
        escalation = self.escalations[int(request.match_info["id"]) - 1]
        talk = self.talks[escalation["conversation_id"]]
        what, body = request.match_info["what"], await request.json()
        if what == "claim":
            return self._claim(escalation, talk, account)
        if (escalation["claimed_by"] or {}).get("username") != account.username:
            return problem(409, "not_holder", "You do not hold this conversation.")
        if what == "transfer" and escalation["clinical"]:
            return problem(409, "stays_with_pharmacist", "A clinical question stays here.")
        self._leave(escalation, talk, account, what, body)
        return web.json_response(escalation)

    def _claim(self, escalation: Row, talk: Talk, account: Account) -> web.Response:
        holder = talk.holder
        over = escalation["priority"] == "urgent" and account.role == "pharmacist"
        over = over and (holder or {}).get("role") == "technician"
        if holder and holder["username"] != account.username and not over:
            body = {
                "code": "already_claimed",
                "message": "Taken.",
                "holder": holder["display_name"],
            }
            return web.json_response({"error": body}, status=409)
        return web.json_response(self.take(escalation, account.username))

    def _leave(self, escalation: Row, talk: Talk, account: Account, what: str, body: Row) -> None:
        if what in ("release", "transfer"):
            self._free(escalation)
        else:
            outcome = body.get("outcome", "nothing_to_do")
            escalation |= {"state": "closed", "closed_at": ago(0), "outcome": outcome}
            escalation |= {"closed_by": account.public(), "claimed_by": None}
        if what == "transfer":
            escalation["queue"] = OTHER[escalation["queue"]]
            self._add_note(talk, account, body["reason"])
        if what == "close" and body["note"]:
            self._add_note(talk, account, body["note"])
        if not any(each["state"] == "claimed" for each in self.of(talk)):
            self._hold(talk, None)
        if what == "close" and all(each["state"] == "closed" for each in self.of(talk)):
            talk.ended_at = ago(0)
            talk.add("system", "The pharmacy has closed this chat.", "closed")
        kinds = {"release": "released", "transfer": "transferred", "close": "closed"}
        self.tell(kinds.get(what, "handed_back"), escalation)

    def _add_note(self, talk: Talk, account: Account, text: str) -> Row:
        note = {"note_id": len(talk.notes) + 1, "at": ago(0), "text": text}
        talk.notes.append(note | {"author": account.public()})
        self.tell("note", conversation_id=talk.conversation_id)
        return talk.notes[-1]

    def _talk(self, request: web.Request) -> Talk:
        return self.talks[request.match_info["id"]]

    async def _conversation(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        after = int(request.query.get("after", "0"))
        body = {
            "conversation": {
                "conversation_id": talk.conversation_id, "locale": talk.locale,
                "owner": "staff" if talk.holder else "queue", "holder": talk.holder,
                "opened_at": ago(60), "last_patient_at": ago(1), "ended_at": talk.ended_at,
                "last_seq": len(talk.events), "seen_seq": talk.seen_seq,
            },
            "events": talk.events[after:], "escalations": self.of(talk),
            "notes": talk.notes, "record": talk.record,
        }  # fmt: skip
        return web.json_response(body)

    async def _message(self, request: web.Request) -> web.Response:
        talk, account, body = self._talk(request), request[ACCOUNT], await request.json()
        if self.refuse_messages:
            self.refuse_messages -= 1
            return problem(503, "unavailable", "Try again.")
        if self.refuse_replies or (talk.holder or {}).get("username") != account.username:
            return problem(409, "not_holder", "You do not hold this conversation.")
        if body["client_id"] not in talk.stored:
            who = {"name": account.display_name, "role": account.role}
            seq = talk.add("staff", body["text"], client_id=body["client_id"], **who)
            talk.stored[body["client_id"]] = seq
            for each in self.of(talk):
                each["answered_at"] = each["answered_at"] or ago(0)
            self.tell("message", conversation_id=talk.conversation_id, seq=seq, author="staff")
        if self.lose_answers:
            self.lose_answers -= 1
            assert request.transport is not None
            request.transport.close()
        return web.json_response({"seq": talk.stored[body["client_id"]]}, status=202)

    async def _note(self, request: web.Request) -> web.Response:
        body = await request.json()
        note = self._add_note(self._talk(request), request[ACCOUNT], body["text"])
        return web.json_response(note, status=201)

    async def _nothing(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _canned(self, request: web.Request) -> web.Response:
        return web.json_response({"replies": self.canned})

    async def _search(self, request: web.Request) -> web.Response:
        q = (await request.json())["q"].lower()
        names = ("conversation_id", "escalation_id", "patient_name", "reason_label", "state")
        results = [
            {**{name: each[name] for name in (*names, "opened_at")}, "snippet": each["question"]}
            for each in self.escalations
            if q in f"{each['patient_name']} {each['question']}".lower()
        ]
        return web.json_response({"results": results})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        last = request.headers.get("Last-Event-ID")
        self.seen_ids.append(last)
        if self.refuse_streams:
            return problem(503, "unavailable", "Try again.")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        hello = json.dumps({"last_id": len(self.changes), "now": ago(0)})
        await response.write(f"retry: 300\nevent: hello\ndata: {hello}\n\n".encode())
        if self.forgotten:
            queue.put_nowait("event: reset\ndata: {}\n\n")
        elif last is not None:
            for number, change in enumerate(self.changes[int(last) :], start=int(last) + 1):
                text = f"id: {number}\nevent: change\ndata: {json.dumps(change)}\n\n"
                queue.put_nowait(text)
        self._streams[response] = queue
        try:
            while (sent := await queue.get()) is not None:
                await response.write(sent.encode())
        finally:
            del self._streams[response]
        return response

    async def _audit(self, request: web.Request) -> web.Response:
        if request[ACCOUNT].role != "admin":
            return problem(403, "forbidden", "This is for the admin.")
        wanted = {name: request.query[name] for name in ("username", "action", "outcome")
                  if name in request.query}  # fmt: skip
        found = [each for each in self.audit if wanted.items() <= each.items()]
        start = int(request.query.get("before", "0"))
        following = start + 20 if start + 20 < len(found) else None
        return web.json_response({"entries": found[start : start + 20], "next": following})

    async def _audit_csv(self, request: web.Request) -> web.Response:
        return web.Response(text="at,username\n", content_type="text/csv")

    async def _accounts(self, request: web.Request) -> web.Response:
        def shown(each: Account) -> Row:
            sessions = sum(account is each for account, _ in self.sessions.values())
            state = {"disabled_at": each.disabled_at, "locked": each.locked, "sessions": sessions}
            made = {"second_factor": bool(each.code), "demo": False, "created_at": ago(9999)}
            return each.public() | made | state

        return web.json_response({"accounts": [shown(each) for each in self.accounts.values()]})

    async def _account(self, request: web.Request) -> web.Response:
        account = self.accounts[request.match_info["username"]]
        match request.match_info["what"]:
            case "disable":
                account.disabled_at = ago(0)
            case "enable":
                account.disabled_at = None
            case "unlock":
                account.locked = False
            case "logout":
                mine = [token for token, (who, _) in self.sessions.items() if who is account]
                for token in mine:
                    del self.sessions[token]
        return web.json_response({})
