"""Pictures drawn for tests, and Messages requests that hold them."""

from __future__ import annotations

import json
from base64 import b64encode
from io import BytesIO
from typing import Any

from PIL import Image

from app.core.container import MEDIA_TYPES

HEADERS = {"Content-Type": "application/json", "anthropic-version": "2026-10-21"}
MODEL = "claude-sonnet-5-5"

Box = tuple[int, int, int, int]


def drawn(width: int, height: int, ground: str = "white", patches: dict[Box, str] | None = None) -> Image.Image:
    """One colour, with rectangles (left, top, right, bottom, the last two outside) of others."""
    image = Image.new("RGB", (width, height), ground)
    for box, colour in (patches or {}).items():
        image.paste(colour, box)
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def image_block(data: bytes, kind: str = "PNG") -> dict[str, Any]:
    source = {"type": "base64", "media_type": MEDIA_TYPES[kind], "data": b64encode(data).decode()}
    return {"type": "image", "source": source}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def user(*blocks: dict[str, Any] | str) -> dict[str, Any]:
    return {"role": "user", "content": [text(b) if isinstance(b, str) else b for b in blocks]}


def body(*messages: dict[str, Any], **fields: Any) -> bytes:
    """A request as the app sends it, with `fields` set; a field that is None is left out."""
    request = {"model": MODEL, "max_tokens": 16_000, "stream": True, "messages": list(messages)} | fields
    return json.dumps({name: value for name, value in request.items() if value is not None}).encode()
