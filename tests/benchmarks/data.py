"""What the benchmarks work on: conversations in a data folder and picture files, the same on every run."""

from __future__ import annotations

import hashlib
import random
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from app.core.fit import Size
from app.core.message import ImageBlock, Message, ReplyBlock
from app.core.private import make_folder
from app.core.store import Conversation, Store
from tests.pictures import encoded, exif, photo, screenshot
from tests.stored import add_conversation
from tests.transcripts import FAREWELL, LONG_TITLE, conversation, reply

MODEL = "claude-sonnet-5-5"
STANDARD_MODEL = "claude-sonnet-4-6"
"""One of the standard tier; `MODEL` is of the high one."""
SMALL, CAMERA, BIG_CAMERA = Size(1152, 864), Size(4032, 3024), Size(8064, 6048)
"""1, 12 and 48 megapixels."""
SCREEN_4K = Size(3840, 2160)
_SCREEN = (1920, 1080)
_BEGAN = 1_790_000_000.0
_GRAIN: Final = (0.045, 0.06, 0.09, 0.12)
"""How much of each detail is noise, from the finest; of all coarser ones 0.16."""


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
        await add_conversation(store, Conversation(ours, title, MODEL, created=when, updated=when))
        await store.add_message(ours, Message.from_user(title, [image], id=f"{ours}q", created=when))
        await store.add_message(ours, Message("assistant", (answer,), f"{ours}a", when + 1, model=MODEL))
    store.close()


async def fill_long(folder: Path, messages: int) -> None:
    """Store one chat of so many messages beside the others; it is the newest, and ends with `FAREWELL`."""
    store = Store.open(folder)
    last = reply(f"And so on.\n\n{FAREWELL}", messages)
    said = [*conversation(messages - 1), last]
    await add_conversation(store, Conversation("f" * 32, LONG_TITLE, MODEL, created=_BEGAN, updated=_BEGAN))
    await store.replace_messages("f" * 32, said)
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


def camera(size: Size, seed: int = 1) -> Image.Image:
    """Detail of every size, as photographs have it, and the sensor's noise: 12 megapixels make a JPEG of 3 MB."""
    chance = random.Random(seed)  # noqa: S311
    finer = max(0, min(size).bit_length() - 4)
    image = _noise("RGB", Size((size.width >> finer) + 1, (size.height >> finer) + 1), chance)
    for halvings in range(finer - 1, -1, -1):
        now = Size(size.width >> halvings, size.height >> halvings)
        grain = _noise("L", now, chance).convert("RGB")
        share = _GRAIN[halvings] if halvings < len(_GRAIN) else 0.16
        image = Image.blend(image.resize(now, Image.Resampling.BICUBIC), grain, share)
    return image


@lru_cache
def camera_file(size: Size) -> bytes:
    """A JPEG as phones write it, whose EXIF says how it is to be turned."""
    return encoded(camera(size), "JPEG", quality=90, exif=exif(1))


def desktop(size: Size = SCREEN_4K) -> Image.Image:
    """A screenshot: six windows, light and dark, full of small text, over a photograph."""
    image = camera(size)
    width, height = size.width // 3 - 32, size.height // 2 - 32
    light = screenshot(width, height)
    for number in range(6):
        left, top = number % 3 * (size.width // 3) + 16, number // 3 * (size.height // 2) + 16
        image.paste(ImageOps.invert(light) if number % 3 == 2 else light, (left, top))
    return image


def megapixels(size: Size) -> str:
    return f"{size.width * size.height / 1e6:.0f} MP"


def photos(folder: Path, count: int) -> list[Path]:
    """JPEGs of 12 megapixels as cameras make them; they differ in a comment, so that none is taken for another."""
    file = camera_file(CAMERA)
    paths = []
    for number in range(count):
        paths.append(folder / f"photo-{number}.jpg")
        paths[-1].write_bytes(numbered(file, number))
    return paths


def numbered(file: bytes, number: int) -> bytes:
    """A JPEG with a comment that sets it apart."""
    comment = f"photo {number}".encode()
    return file[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + file[2:]


def _noise(mode: str, size: Size, chance: random.Random) -> Image.Image:
    return Image.frombytes(mode, size, chance.randbytes(size.width * size.height * len(mode)))
