"""Rasa and its action servers: one that is down, one that is silent, and the id of a request."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.nlu import serve
from tests.stack import RasaProcess, free_port, model_file, serving

PATIENCE = 3
ASKED = "when are you open"


class ActionServer:
    """Answers with its name; or breaks off, or is silent, as long as it is told to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = free_port()
        self.mood = "well"
        self.calls: list[dict[str, Any]] = []
        self.ids: list[str | None] = []

    def app(self) -> web.Application:
        made = web.Application()
        made.router.add_post("/webhook", self._act)
        return made

    async def _act(self, request: web.Request) -> web.Response:
        self.calls.append(await request.json())
        self.ids.append(request.headers.get("X-Request-ID"))
        assert request.transport is not None
        if self.mood == "broken":
            request.transport.abort()
        if self.mood == "silent":
            await asyncio.sleep(60)
        response = web.json_response({"events": [], "responses": [{"text": self.name}]})
        if self.mood == "closing":  # between two calls, without a word
            asyncio.get_running_loop().call_later(0.05, request.transport.abort)
        return response


class House:
    """A Rasa and its action servers."""

    def __init__(self, rasa: RasaProcess, session: aiohttp.ClientSession, log: Path) -> None:
        self._rasa = rasa
        self._session = session
        self._log = log

    async def says(self, request_id: str | None = None, sender: str = "chat") -> list[str]:
        """What a patient reads; waits no longer than the gateway does."""
        headers = {"X-Request-ID": request_id} if request_id else {}
        async with (
            asyncio.timeout(PATIENCE),
            self._session.post(
                f"{self._rasa.url}/webhooks/rest/webhook",
                json={"sender": sender, "message": ASKED},
                headers=headers,
            ) as response,
        ):
            return [message["text"] for message in await response.json()]

    def log_lines(self) -> list[dict[str, Any]]:
        """The log so far."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]


@asynccontextmanager
async def house(folder: Path, *servers: ActionServer, down: int = 0) -> AsyncIterator[House]:
    """Start all but those that are down, which come last."""
    rasa = RasaProcess(model_file(), *(server.port for server in servers))
    log = folder / "rasa.log"
    async with AsyncExitStack() as stack:
        for server in servers[: len(servers) - down]:
            await stack.enter_async_context(serving(server.app(), server.port))
        await asyncio.to_thread(rasa.start, log)
        stack.callback(rasa.kill)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(rasa, session, log)


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that waits three seconds, and a log for programs."""
    monkeypatch.setenv("WILLCALL_RASA_TIMEOUT_SECONDS", str(PATIENCE))
    monkeypatch.setenv("WILLCALL_LOG_FORMAT", "json")


@pytest.mark.stack
async def test_what_one_cannot_do_another_one_does(tmp_path: Path, brisk: None) -> None:
    one, other, away = (ActionServer(name) for name in ("one", "other", "away"))
    async with house(tmp_path, one, other, away, down=1) as home:
        heard = {word for _ in range(6) for word in await home.says()}
        assert heard == {"one", "other"}  # all that are there take part
        for mood in ("broken", "silent"):
            one.mood = mood
            for _ in range(4):
                assert await home.says() == ["other"], mood
            one.mood = "well"
            before = len(one.calls)
            async with asyncio.timeout(20):  # it is tried again after a while
                while len(one.calls) == before:
                    assert await home.says() in (["one"], ["other"])
                    await asyncio.sleep(0.2)
        warned = {line["message"] for line in home.log_lines() if line["level"] == "ERROR"}
        assert warned == {
            f"the action server at http://127.0.0.1:{server.port}/webhook does not answer"
            for server in (one, away)
        }


@pytest.mark.stack
async def test_with_none_left_the_gateway_hears_so_in_time(tmp_path: Path, brisk: None) -> None:
    one, other = ActionServer("one"), ActionServer("other")
    async with house(tmp_path, one, other) as home:
        one.mood = other.mood = "silent"
        assert await home.says() == []
        one.mood = other.mood = "broken"
        assert await home.says() == []
        one.mood = other.mood = "well"
        assert await home.says() in (["one"], ["other"])  # even before it is tried again


@pytest.mark.stack
async def test_a_connection_that_was_kept_may_be_gone(tmp_path: Path, brisk: None) -> None:
    one = ActionServer("one")
    one.mood = "closing"
    async with house(tmp_path, one) as home:
        for _ in range(5):
            assert await home.says() == ["one"]
            await asyncio.sleep(0.1)


@pytest.mark.stack
async def test_a_turn_has_one_id_in_every_process(tmp_path: Path, brisk: None) -> None:
    one = ActionServer("one")
    async with house(tmp_path, one) as home:
        turns = [f"turn-{number}" for number in range(8)]
        await asyncio.gather(*(home.says(turn, sender=turn) for turn in turns))
        told = {call["sender_id"]: one.ids[at] for at, call in enumerate(one.calls)}
        assert {turn: told[turn] for turn in turns} == {turn: turn for turn in turns}
        await home.says(request_id='no "id"')
        assert one.ids[-1] not in (None, 'no "id"')
        one.mood = "broken"
        assert await home.says(request_id="turn-9") == []
        lines = [line for line in home.log_lines() if line.get("request_id") == "turn-9"]
        assert {line["level"] for line in lines} >= {"ERROR"}
        assert all({"at", "level", "logger", "message"} <= line.keys() for line in lines)


@pytest.mark.stack
async def test_an_action_is_told_what_it_needs_and_no_more(tmp_path: Path, brisk: None) -> None:
    one = ActionServer("one")
    async with house(tmp_path, one) as home:
        await home.says()
        call = one.calls[-1]
        assert call["next_action"] == "action_ask_hours"
        assert call["sender_id"] == call["tracker"]["sender_id"] == "chat"
        message = call["tracker"]["latest_message"]
        assert message["text"] == ASKED
        assert message["intent"]["name"] == message["intent_ranking"][0]["name"] == "ask_hours"
        assert call["tracker"]["events"] == []
        assert call["domain"] == {}


def test_addresses_are_given_once_or_several_times() -> None:
    assert serve.addresses(["http://a:1", "http://b:2/webhook, http://a:1/"]) == [
        "http://a:1/webhook", "http://b:2/webhook",
    ]  # fmt: skip
    for wrong in ([""], ["a:1"], ["http://"], ["http://a:1,b:2"], ["ftp://a"]):
        with pytest.raises(ValueError, match="action server"):
            serve.addresses(wrong)


@pytest.mark.parametrize(("given", "seconds"), [("", 9.5), ("8", 7.5), ("0.4", 0.2), ("x", 9.5)])
def test_an_action_ends_before_the_gateways_patience(
    given: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WILLCALL_RASA_TIMEOUT_SECONDS", given)
    assert serve.patience() == pytest.approx(seconds)


def test_a_port_that_nobody_listens_on_is_refused() -> None:
    """What `down` above means, on this machine."""
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", free_port()))
