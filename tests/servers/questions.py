"""Requests for the test server's own tests: bodies that are right, to be made wrong one by one."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import httpx
from PIL import Image

from tests.servers.api import TEST_KEY, ApiServer
from tests.servers.models import DATA
from tests.servers.replies import answer_blocks

Json = dict[str, Any]

QUICK: Json = {"trust_env": False, "verify": False}
"""No proxies, and no reading of certificates, which would take longer than the request."""

HEADERS = {"authorization": f"Bearer {TEST_KEY}", "anthropic-version": "2026-10-21"}


def example(name: str) -> Json:
    """A request of tests/data/api/examples."""
    body: Json = json.loads((DATA / "examples" / name).read_text("utf-8"))
    return body


def picture(width: int = 28, height: int = 28, form: str = "PNG") -> bytes:
    """A picture file of one colour."""
    file = io.BytesIO()
    Image.new("L", (width, height), 90).save(file, form)
    return file.getvalue()


def image(data: bytes | None = None, media_type: str = "image/png") -> Json:
    """An image block."""
    encoded = base64.b64encode(picture() if data is None else data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": encoded}}


def words(text: str) -> Json:
    """A text block."""
    return {"type": "text", "text": text}


def user(*content: Json | str) -> Json:
    """A user turn; strings become text blocks."""
    return {"role": "user", "content": [words(block) if isinstance(block, str) else block for block in content]}


def assistant(*content: Json | str) -> Json:
    """An assistant turn."""
    return user(*content) | {"role": "assistant"}


def ask(*messages: Json, **fields: object) -> Json:
    """A body of POST /v1/messages, streamed; without messages a plain question."""
    turns = list(messages) or [user("What is this?")]
    return {"model": "claude-sonnet-5-5", "max_tokens": 16_000, "stream": True, "messages": turns, **fields}


def post(server: ApiServer, body: Json, path: str = "/v1/messages", **headers: str) -> httpx.Response:
    """One request on a connection of its own, the answer read whole."""
    return httpx.post(server.url + path, json=body, headers={**HEADERS, **headers}, **QUICK)


def models(server: ApiServer, query: str = "") -> httpx.Response:
    """One GET /v1/models."""
    return httpx.get(f"{server.url}/v1/models?{query}", headers=HEADERS, **QUICK)


def usage(answer: httpx.Response) -> Json:
    """The usage at the start of a streamed answer."""
    line = next(line for line in answer.text.splitlines() if '"message_start"' in line and line.startswith("data"))
    found: Json = json.loads(line.removeprefix("data: "))["message"]["usage"]
    return found


def turn(answer: httpx.Response) -> Json:
    """A streamed answer as the assistant turn to send back."""
    return {"role": "assistant", "content": answer_blocks([answer.content])}


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, type and message of an error in the API's shape."""
    body = answer.json()
    assert body["type"] == "error"
    assert body["request_id"]
    return answer.status_code, body["error"]["type"], body["error"]["message"]
