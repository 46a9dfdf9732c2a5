"""The language engine's own parts, run in its own environment."""

import asyncio
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import requests
from aiohttp import web

from bot.gateway.rasa_client import RasaClient
from bot.pharmacy.meaning_groups import cosine
from bot.places import RASA_PYTHON, ROOT
from tests.stack import RasaProcess, free_port, model_file, serving

pytestmark = pytest.mark.stack
PLANTED = "zanzibar-4711"
REFERENCE = [0.0094, -0.0258, -0.0285, -0.0267, -0.0564, -0.0093]
NEAR, FAR = 0.3516, 0.0590


def in_engine(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(RASA_PYTHON), "-c", script, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    script = (
        "import sys; from pathlib import Path; from bot.nlu.encoder import SentenceEncoder; "
        "SentenceEncoder(Path(sys.argv[1]))"
    )
    done = in_engine(script, str(tmp_path))
    assert done.returncode != 0
    assert "EncoderUnavailableError" in done.stderr
    assert "not the published ones" in done.stderr


def test_the_vectors_are_those_of_the_published_model() -> None:
    """Numbers that the same weights gave in TensorFlow; rounded weights move them a little."""
    script = (
        "import json; from bot.nlu.encoder import SentenceEncoder, model_folder; "
        "v = SentenceEncoder(model_folder()).encode(['is my prescription ready', "
        "'when will my refill be done', 'the weather is nice today'])[:, 384:]; "
        "print(json.dumps([[float(x) for x in v[0][:6]], float(v[0] @ v[1]), float(v[0] @ v[2])]))"
    )
    done = in_engine(script)
    assert done.returncode == 0, done.stderr
    first, near, far = json.loads(done.stdout)
    assert first == pytest.approx(REFERENCE, abs=0.015)
    assert near == pytest.approx(NEAR, abs=0.03)
    assert far == pytest.approx(FAR, abs=0.03)


def test_a_sentence_has_the_same_vectors_alone_and_among_others() -> None:
    script = (
        "import numpy as np; from bot.nlu.encoder import encoder; e = encoder(); "
        "texts = ['hm', 'is it ready', 'a much longer message about a refill ' * 4] * 20; "
        "together = e.encode(texts); alone = np.vstack([e.encode([text]) for text in texts]); "
        "halves = [(together * alone)[:, part].sum(axis=1) for part in "
        "(slice(0, 384), slice(384, 768))]; print(min(half.min() for half in halves))"
    )
    done = in_engine(script)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 0.99999


def test_training_twice_gives_the_same_model(tmp_path: Path) -> None:
    """A small corpus through the whole graph, in two processes: the same numbers in the archive."""
    corpus = tmp_path / "nlu"
    corpus.mkdir()
    lines = ["version: '3.1'", "nlu:"]
    for intent, words in (("ask_hours", "open"), ("ask_status", "ready"), ("thank", "thanks")):
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {words} {more}" for more in ("today", "now", "for me", "please", "soon")]
    (corpus / "three.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    script = (
        "import sys; from pathlib import Path; from bot.nlu.quiet import prepare_process; "
        "prepare_process(); from bot.nlu.train import train; "
        "train(Path(sys.argv[1]), data=[sys.argv[2], 'data/rules'])"
    )
    found = []
    for name in ("one.tar.gz", "two.tar.gz"):
        done = in_engine(script, str(tmp_path / name), str(corpus))
        assert done.returncode == 0, done.stderr
        with tarfile.open(tmp_path / name) as archive:
            ridge = next(member for member in archive if member.name.endswith("ridge.npz"))
            stored = archive.extractfile(ridge)
            assert stored is not None
            with np.load(io.BytesIO(stored.read())) as arrays:
                found.append({key: arrays[key] for key in arrays.files})
    assert found[0].keys() == found[1].keys()
    for key, value in found[0].items():
        assert np.array_equal(value, found[1][key]), key


def test_a_pipeline_that_needs_tensorflow_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(
        "recipe: default.v1\nlanguage: en\npipeline:\n- name: WhitespaceTokenizer\n"
        "- name: CountVectorsFeaturizer\n- name: DIETClassifier\n  epochs: 1\n"
        "policies:\n- name: RulePolicy\n",
        encoding="utf-8",
    )
    script = (
        "import sys; from pathlib import Path; from bot.nlu.quiet import prepare_process; "
        "prepare_process(); from bot.nlu.train import train; "
        "train(Path(sys.argv[1]), config=sys.argv[2])"
    )
    done = in_engine(script, str(tmp_path / "model.tar.gz"), str(config))
    assert done.returncode != 0
    assert not (tmp_path / "model.tar.gz").exists()


async def test_bulk_reading_is_what_the_server_does(rasa: RasaProcess) -> None:
    texts = ["is my lisinopril ready", "can i drink wine with it", "hm", "ya está lista", "¿?"]
    done = subprocess.run(
        [str(RASA_PYTHON), "-m", "bot.nlu.parse", "--model", str(model_file())],
        cwd=ROOT, input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    bulk = [json.loads(line) for line in done.stdout.splitlines()]
    async with aiohttp.ClientSession() as session:
        for text, read in zip(texts, bulk, strict=True):
            served = await _parse(session, rasa.url, text)
            assert served["intent"]["name"] == read["intent"], text
            assert served["intent"]["confidence"] == pytest.approx(read["confidence"], abs=1e-4)


async def _parse(session: aiohttp.ClientSession, url: str, text: str) -> dict[str, Any]:
    async with session.post(f"{url}/model/parse", json={"text": text}) as response:
        body: dict[str, Any] = await response.json()
        return body


def test_input_that_is_no_json_string_is_named() -> None:
    done = subprocess.run(
        [str(RASA_PYTHON), "-m", "bot.nlu.parse", "--model", str(model_file())],
        cwd=ROOT, input='"fine"\n{"not": "a string"}\n', capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "line 2" in done.stderr


async def _vectors(session: aiohttp.ClientSession, url: str, body: Any, **query: str) -> Any:
    async with session.post(f"{url}/willcall/vectors", json=body, params=query) as response:
        return await response.json() if response.status == 200 else response.status


async def test_the_server_tells_what_sentences_mean(rasa: RasaProcess) -> None:
    texts = ["is my refill ready", "is my prescription ready", "el clima está agradable hoy"]
    script = (
        "import json, sys; from bot.nlu.encoder import encoder; "
        "from bot.nlu.reading import for_meaning; texts = json.loads(sys.argv[1]); "
        "v = encoder().encode([for_meaning(text) for text in texts])[:, 384:]; "
        "print(json.dumps(v.tolist()))"
    )
    done = in_engine(script, json.dumps(texts))
    assert done.returncode == 0, done.stderr
    async with aiohttp.ClientSession() as session:
        client = RasaClient(session, rasa.url, 10)
        found = await client.vectors(texts)
        assert found is not None
        for one, expected in zip(found, json.loads(done.stdout), strict=True):
            assert list(one) == pytest.approx(expected, abs=1e-5)
        assert cosine(found[0], found[1]) > cosine(found[0], found[2])
        wrong: list[Any] = [{"texts": []}, {"texts": ["x"] * 65}, {"texts": [1]}, {}, ["x"], "x"]
        for body in wrong:
            assert await _vectors(session, rasa.url, body) == 400, body
        assert await client.vectors(["x"] * 65) is None
        assert await RasaClient(session, "http://127.0.0.1:1", 1).vectors(texts) is None


async def test_meaning_is_told_to_whoever_has_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "a-token-of-this-test"
    process = RasaProcess(model_file(), free_port())
    log = tmp_path / "rasa.log"
    monkeypatch.setenv("WILLCALL_RASA_TOKEN", token)
    # Rasa's own parsing, by which the start is noticed, asks for the token too.
    monkeypatch.setattr(RasaProcess, "_parses", lambda self: _answers(self.url, token))
    try:
        process.start(log)
        async with aiohttp.ClientSession() as session:
            body = {"texts": [PLANTED]}
            assert await _vectors(session, process.url, body) == 401
            assert await _vectors(session, process.url, body, token="another") == 401
            assert (await _vectors(session, process.url, body, token=token))["size"] == 384
            assert await _vectors(session, process.url, {"texts": PLANTED}, token=token) == 400
            assert await RasaClient(session, process.url, 10, token).vectors([PLANTED]) is not None
    finally:
        process.kill()
    assert PLANTED not in log.read_text()


def _answers(url: str, token: str) -> bool:
    try:
        return requests.get(f"{url}/status", params={"token": token}, timeout=5).ok
    except requests.RequestException:
        return False


async def test_no_log_line_of_rasa_tells_what_was_written(tmp_path: Path) -> None:
    """With no action server, Rasa's own error handling would log text and tracker."""
    process = RasaProcess(model_file(), free_port())
    log = tmp_path / "rasa.log"
    process.start(log)
    try:
        async with aiohttp.ClientSession() as session:
            for body in (
                {"sender": PLANTED, "message": f"is my {PLANTED} ready"},
                {"sender": PLANTED, "message": f'/ask_hours{{"x": "{PLANTED}"}}'},
                {"sender": PLANTED, "message": [PLANTED]},
                {"sender": 7, "message": {"text": PLANTED}},
            ):
                url = f"{process.url}/webhooks/rest/webhook"
                async with session.post(url, json=body) as response:
                    await response.read()
            async with session.post(f"{process.url}/webhooks/rest/webhook", data=PLANTED) as bad:
                await bad.read()
        await asyncio.sleep(0.2)
    finally:
        process.kill()
    assert log.read_text(), "Rasa should have complained"
    assert PLANTED not in log.read_text()


async def test_rasa_forgets_a_conversation_with_its_turn(tmp_path: Path) -> None:
    """What patients write, names and all, is in our database and nowhere else; a turn that came
    late in a chat is as small as the first."""
    calls: list[dict[str, Any]] = []

    async def act(request: web.Request) -> web.Response:
        calls.append(await request.json())
        return web.json_response({"events": [], "responses": []})

    actions = web.Application()
    actions.router.add_post("/webhook", act)
    process = RasaProcess(model_file(), free_port())
    async with serving(actions, process.actions_port), aiohttp.ClientSession() as session:
        # off this loop, which has to answer Rasa meanwhile
        await asyncio.to_thread(process.start, tmp_path / "rasa.log")
        try:
            for number in range(5):
                body = {"sender": "chat-1", "message": f"are you open on day {PLANTED} {number}"}
                url = f"{process.url}/webhooks/rest/webhook"
                async with session.post(url, json=body) as response:
                    assert response.status == 200
            async with session.get(f"{process.url}/conversations/chat-1/tracker") as response:
                assert PLANTED not in await response.text()
        finally:
            process.kill()
    assert len(calls) == 5
    told = [json.dumps(call["tracker"]) for call in calls]
    assert [text.count(f"{PLANTED} 0") > 0 for text in told] == [True, False, False, False, False]
    assert len({len(call["tracker"]["events"]) for call in calls}) == 1
