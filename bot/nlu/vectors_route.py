"""The route by which the gateway asks what sentences mean: ``POST /willcall/vectors``.

Body: ``{"texts": [...]}``, 64 at most. Answer: ``{"vectors": "<base64>", "size": n}``, one row of n
float32 numbers (little-endian) a text, each of length one, in order: MiniLM's last layer. The token
is asked for as in Rasa's own HTTP API, and nothing of a text is logged or kept.
"""

import asyncio
import base64
from typing import Any

import numpy as np

from bot.nlu.encoder import encoder
from bot.nlu.minilm import DIMENSIONS
from bot.nlu.reading import for_meaning

PATH = "/willcall/vectors"
MOST_TEXTS = 64
LONGEST_TEXT = 4000  # characters; the encoder reads about a thousand of them


def add_vectors(server: Any, token: str | None) -> None:
    """Add the route to Rasa's server, behind its token."""
    from rasa.server import requires_auth  # noqa: PLC0415  slow import
    from sanic.response import json  # noqa: PLC0415

    @server.post(PATH)
    @requires_auth(server, token)
    async def vectors(request: Any) -> Any:
        texts = _texts(request)
        if texts is None:
            return json({"error": "texts must be a list of at most 64 texts"}, status=400)
        loop = asyncio.get_running_loop()
        return json(await loop.run_in_executor(None, meanings, texts))


def meanings(texts: list[str]) -> dict[str, Any]:
    """The answer for some texts."""
    rows = encoder().encode([for_meaning(text) for text in texts])[:, DIMENSIONS:]
    packed = np.ascontiguousarray(rows, dtype="<f4").tobytes()
    return {"vectors": base64.b64encode(packed).decode("ascii"), "size": DIMENSIONS}


def _texts(request: Any) -> list[str] | None:
    try:
        texts = request.json["texts"]
    except Exception:  # whatever a broken body raises: Sanic's errors quote it
        return None
    if not isinstance(texts, list) or not 0 < len(texts) <= MOST_TEXTS:
        return None
    fits = all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts)
    return texts if fits else None
