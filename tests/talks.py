"""Whole conversations for exports and imports: written by hand with real pictures, and any that there could be."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from app.core.cuts import Box
from app.core.errors import ApiError, NotConnected, Offence, RequestRefused, StoreFull, StreamInterrupted
from app.core.export.asked import Words
from app.core.failure import error_to_json
from app.core.filing import FiledAs, file_as
from app.core.message import ImageBlock, Message, RemoteFile, ReplyBlock, TextBlock, Usage
from app.core.pictures import Pictures
from app.core.rows import Conversation
from app.core.store import Store
from app.core.whole import Placed, Whole
from tests.pictures import encoded, photo, tagged_jpeg
from tests.stored import add_conversation

MODEL: Final = "claude-sonnet-5-5"
BEGAN: Final = 1_790_000_000.0

WORDS: Final = Words(
    you="You",
    thinking="Thinking",
    system="System prompt",
    untitled="Untitled chat",
    not_there="%1 is missing.",
    day=lambda moment: f"day {moment:.0f}" if moment else "",
    model=lambda model: model,
    cost=lambda answer: f"{answer.usage.output_tokens} out · ${answer.cost}" if answer.usage else "",
    ending=lambda answer: "Stopped." if answer.state == "stopped" else "",
)

ANSWER: Final = """# Both show a *lake*

1. The first is **larger**, see [a map](https://example.org/map?a=1&b=2).
2. Never [this](javascript:alert(1)) nor <script>alert(1)</script> nor ![](http://evil.example/x.png)

| side | width |
|------|------:|
| left | 12 |

```python
print("<b>" & 1)
```

The area is $a \\cdot b$ and costs $5 or $10.

> quoted
"""


def picture(pictures: Pictures, number: int = 1, name: str = "lake at dusk.jpg", **facts: Any) -> ImageBlock:
    """A picture whose original has metadata and whose sent bytes have none."""
    original = pictures.add_bytes(tagged_jpeg(photo(64, 48 + number)), name)
    sent = pictures.add_bytes(encoded(photo(32, 24 + number), "PNG"), name)
    usual: dict[str, Any] = {
        "number": number,
        "name": name,
        "sent": sent.sha256,
        "media_type": "image/png",
        "width": 32,
        "height": 24 + number,
        "sent_bytes": sent.size,
        "tokens": 4,
        "original": original.sha256,
        "original_width": 64,
        "original_height": 48 + number,
        "original_bytes": original.size,
        "original_format": "JPEG",
        "notes": ("resized",),
    }
    return ImageBlock(**usual | facts)


def reply(text: str, message_id: str, **facts: Any) -> Message:
    blocks = ({"type": "thinking", "thinking": "Let me look.", "signature": "Eq"}, {"type": "text", "text": text})
    usual: dict[str, Any] = {
        "content": tuple(map(ReplyBlock, blocks)),
        "id": message_id,
        "created": BEGAN + 5,
        "model": MODEL,
        "server": "api.anthropic.com",
        "prefix": "f00d",
        "stop_reason": "end_turn",
        "usage": Usage.from_json({"input_tokens": 5, "output_tokens": 7}),
        "estimate": "0.02",
        "cost": "0.0123",
    }
    return Message("assistant", **usual | facts)


def talk(*images: ImageBlock, title: str = "Two lakes", chat: str = "c0ffee", text: str = ANSWER) -> Whole:
    """A question with pictures, two answers to it, and a question that follows the second."""
    asked = Message.from_user("Which is larger?", images, id=f"{chat}-q", created=BEGAN)
    first, second = reply("The left one.", f"{chat}-a"), reply(text, f"{chat}-b")
    more = Message.from_user("Are you sure?\n<b>Really</b>", (), id=f"{chat}-r", created=BEGAN + 9)
    placed = (Placed(asked, ""), Placed(first, asked.id), Placed(second, asked.id), Placed(more, second.id))
    about = Conversation(
        chat,
        title=title,
        model=MODEL,
        system="Be brief.",
        created=BEGAN,
        updated=BEGAN + 9,
        pictures=len({image.number for image in images}),
        cost="0.0246",
        thumbnail=images[0].thumbnail if images else "",
    )
    return Whole(about, placed, more.id)


async def store_whole(store: Store, whole: Whole) -> None:
    """Put it in as the app does, message by message."""
    await add_conversation(store, replace(whole.conversation, pictures=0, cost="", thumbnail=""))
    for message, parent in whole.messages:
        await store.add_message(whole.conversation.id, message, parent)
    await store.set_leaf(whole.conversation.id, whole.leaf)
    if whole.draft:
        await store.save_draft(whole.conversation.id, whole.draft)
    await store.run(lambda db: file_as(db, whole.conversation.id, whole.filed))


# --- any conversation that there could be -------------------------------------------------------

_TEXT: Final = st.text(st.characters(codec="utf-8"), max_size=30)
_COUNT: Final = st.integers(0, 1 << 40)
_SHA: Final = st.binary(min_size=32, max_size=32).map(bytes.hex)
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_AMOUNT: Final = st.just("") | st.integers(0, 10**9).map(lambda micro: f"{Decimal(micro) / 10**6:f}")
_ERRORS: Final = st.sampled_from(
    [
        StreamInterrupted("cut"),
        NotConnected("api.anthropic.com", "dns"),
        ApiError(400, "invalid_request_error", "no", links=(1, 2), retry_after=2.5),
        RequestRefused((Offence("edge", 9000, 8000, 2),)),
        StoreFull("/there"),
    ]
).map(lambda error: json.loads(json.dumps(error_to_json(error))))


@st.composite
def _images(draw: st.DrawFn) -> ImageBlock:
    width, height = draw(st.integers(2, 9000)), draw(st.integers(2, 9000))
    box = draw(st.none() | st.just(Box(0, 1, width - 1, height - 1)))
    return ImageBlock(
        number=draw(st.integers(1, 99)),
        name=draw(_TEXT),
        sent=draw(_SHA),
        media_type=draw(st.sampled_from(["image/png", "image/jpeg", "image/webp"])),
        width=draw(st.integers(1, 2576)),
        height=draw(st.integers(1, 2576)),
        sent_bytes=draw(_COUNT),
        tokens=draw(_COUNT),
        original=draw(_SHA),
        original_width=width,
        original_height=height,
        original_bytes=draw(_COUNT),
        original_format=draw(st.sampled_from(["JPEG", "HEIC", "PDF"])),
        notes=tuple(draw(st.lists(st.sampled_from(["turned", "srgb"]), max_size=2))),
        page=draw(st.integers(0, 9)),
        preset=draw(st.sampled_from(["auto", "cheap", "tiles", "region"])),
        kind="whole" if box is None else draw(st.sampled_from(["tile", "region"])),
        box=box,
        part=1 if box else 0,
        parts=3 if box else 0,
        withheld=draw(st.booleans()),
        url=draw(st.sampled_from(["", "https://example.org/a.png"])),
        file=draw(st.none() | st.builds(RemoteFile, _TEXT, _TEXT, st.floats(0, 4e9))),
        description=draw(_TEXT),
    )


@st.composite
def _messages(draw: st.DrawFn, message_id: str) -> Message:
    created = draw(st.floats(0, 4e9))
    if draw(st.booleans()):
        return Message(
            "user", tuple(draw(st.lists(_images() | st.builds(TextBlock, _TEXT), max_size=3))), message_id, created
        )
    blocks = st.dictionaries(st.text(max_size=5), _JSON, max_size=2).flatmap(
        lambda more: st.sampled_from(["text", "thinking", "hologram"]).map(
            lambda kind: ReplyBlock({**more, "type": kind})
        )
    )
    return Message(
        "assistant",
        tuple(draw(st.lists(blocks, max_size=3))),
        message_id,
        created,
        state=draw(st.sampled_from(["complete", "stopped", "interrupted", "failed"])),
        model=draw(_TEXT),
        server=draw(_TEXT),
        prefix=draw(_TEXT),
        stop_reason=draw(st.none() | _TEXT),
        stop_details=draw(st.none() | st.dictionaries(st.text(max_size=5), _JSON, max_size=2)),
        usage=draw(st.none() | st.builds(Usage, _COUNT, _COUNT, _COUNT, _COUNT, _COUNT, _COUNT, st.just({"new": [1]}))),
        estimate=draw(_AMOUNT),
        cost=draw(_AMOUNT),
        api_id=draw(_TEXT),
        request_id=draw(_TEXT),
        ttl=draw(st.sampled_from(["5m", "1h"])),
        cache=draw(st.none() | st.just({"system": "ab", "expected": 3, "lost": {"reason": "lapsed", "tokens": 5}})),
        diagnostics=draw(st.none() | st.just({"cache_miss_reason": None})),
        seconds=draw(st.floats(0, 1e6)),
        thought=draw(st.floats(0, 1e6)),
        error=draw(st.none() | _ERRORS),
    )


@st.composite
def talks(draw: st.DrawFn) -> Whole:
    """Any conversation, with any tree of messages."""
    ids = [f"m{number}" for number in range(draw(st.integers(0, 5)))]
    placed = tuple(
        Placed(draw(_messages(message_id)), draw(st.sampled_from(["", *ids[:row]])))
        for row, message_id in enumerate(ids)
    )
    about = Conversation(
        draw(st.uuids()).hex,
        title=draw(_TEXT),
        model=draw(_TEXT),
        system=draw(_TEXT),
        created=draw(st.floats(0, 4e9)),
        updated=draw(st.floats(0, 4e9)),
        cost=draw(_AMOUNT),
        practice=draw(st.booleans()),
    )
    facts: dict[Any, Any] = {"kept": _SHA, "name": _TEXT}
    marked = {"preset": st.just("region"), "region": st.just([1, 2, 3, 4])}
    others = {"page": st.integers(1, 9), "preset": st.just("tiles"), "again": st.just(True), "sent": _SHA}
    drafted = st.fixed_dictionaries(facts, optional=others) | st.fixed_dictionaries(facts | marked)
    pictures = draw(st.lists(drafted, max_size=2))
    text = draw(_TEXT.filter(bool))
    draft = draw(st.none() | st.just({"text": text, "pictures": pictures}))
    filed = FiledAs(draw(st.booleans()), draw(st.booleans()), draw(st.sampled_from(["", "Roofs", "Überblick 📈"])))
    return Whole(about, placed, draw(st.sampled_from(ids)) if ids else "", draft, filed)
