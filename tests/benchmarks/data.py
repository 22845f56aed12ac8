"""What the benchmarks work on, made when they run."""

from __future__ import annotations

import asyncio
import hashlib
from io import BytesIO
from pathlib import Path

from PIL import Image

from app.core.message import ImageBlock, Message, ReplyBlock
from app.core.private import make_folder
from app.core.store import Conversation, Store
from tests.pictures import photo


async def fill(folder: Path, count: int) -> None:
    """A data folder with so many conversations: a question about a picture, and its answer."""
    make_folder(folder)
    store = Store.open(folder)
    thumbnails = []
    for seed in range(12):
        b = BytesIO()
        photo(336, 200, seed).save(b, "JPEG", quality=85)
        thumbnails.append(b.getvalue())
    for n in range(count):
        id = f"{n:032x}"
        when = 1.79e9 + 3600 * n
        original = hashlib.sha256(b"%d" % n).hexdigest()
        await store.create(
            Conversation(
                id,
                f"What is the difference between version {n} and its predecessor?",
                "claude-sonnet-5-5",
                created=when,
                updated=when,
            )
        )
        await store.put_thumbnail(original, thumbnails[n % 12])
        image = ImageBlock(1, "a.png", original, "image/png", 336, 200, 1000, 120, original, 336, 200, 1000, "PNG")
        await store.add_message(id, Message.from_user("What is it?", [image], id=id + "q", created=when))
        await store.add_message(
            id,
            Message(
                "assistant",
                (ReplyBlock({"type": "text", "text": "A picture."}),),
                id=id + "a",
                created=when + 1,
                state="complete",
            ),
        )
    store.close()


asyncio.run(fill(Path("/tmp/bn/data"), 200))
