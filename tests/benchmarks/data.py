"""What the benchmarks work on: conversations in a data folder and picture files, the same on every run."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

from app.core.message import ImageBlock, Message, ReplyBlock
from app.core.private import make_folder
from app.core.store import Conversation, Store
from tests.pictures import photo, screenshot

MODEL = "claude-sonnet-5-5"
_SCREEN = (1920, 1080)
_CAMERA = (4000, 3000)
_BEGAN = 1_790_000_000.0


async def fill(folder: Path, conversations: int) -> None:
    """Store so many conversations: a question about a picture and the answer, an hour apart; some share a picture."""
    make_folder(folder)
    store = Store.open(folder)
    originals = []
    for seed in range(12):
        thumbnail = BytesIO()
        photo(336, 200, seed).save(thumbnail, "JPEG", quality=85)
        originals.append(hashlib.sha256(thumbnail.getvalue()).hexdigest())
        await store.put_thumbnail(originals[-1], thumbnail.getvalue())
    for number in range(conversations):
        ours, when = f"{number:032x}", _BEGAN + 3600 * number
        title = f"How does version {number} of the page differ from the one before?"
        original = originals[number % len(originals)]
        image = ImageBlock(1, "page.png", original, "image/png", 336, 200, 9000, 96, original, 336, 200, 9000, "PNG")
        answer = ReplyBlock({"type": "text", "text": "In its heading, and in the colour of the button."})
        await store.create(Conversation(ours, title, MODEL, created=when, updated=when))
        await store.add_message(ours, Message.from_user(title, [image], id=f"{ours}q", created=when))
        await store.add_message(ours, Message("assistant", (answer,), f"{ours}a", when + 1, model=MODEL))
    store.close()


def screenshots(folder: Path) -> list[Path]:
    """Two screenshots of 1920×1080 that differ in their lower half."""
    paths = []
    for name, height in (("before.png", _SCREEN[1]), ("after.png", _SCREEN[1] // 2)):
        image = screenshot(*_SCREEN)
        image.paste(screenshot(_SCREEN[0], height), (0, 0))
        paths.append(folder / name)
        image.save(paths[-1])
    return paths


def photos(folder: Path, count: int) -> list[Path]:
    """JPEGs of 12 megapixels as cameras make them; they differ in a comment, so that none is taken for another."""
    file = BytesIO()
    photo(*_CAMERA).save(file, "JPEG", quality=92)
    head, body = file.getvalue()[:2], file.getvalue()[2:]
    paths = []
    for number in range(count):
        comment = f"photo {number}".encode()
        paths.append(folder / f"photo-{number}.jpg")
        paths[-1].write_bytes(head + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + body)
    return paths
