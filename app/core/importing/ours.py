"""A conversation of our own archive, as a stranger may have written it: see `app.core.export.archive`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from app.core import caching, errors
from app.core.caching import Lost
from app.core.container import MEDIA_TYPES
from app.core.errors import VisavisError
from app.core.filing import FiledAs
from app.core.importing import drafts
from app.core.importing.order import is_id, new_id, tree
from app.core.importing.typed import Counts, Unfit, fit, made
from app.core.message import JSON, Block, ImageBlock, Message, ReplyBlock, TextBlock, Usage, well_formed
from app.core.rows import Conversation
from app.core.whole import Placed, Whole, no_pause

_AMOUNT: Final = re.compile(r"\d{1,20}(\.\d{1,20})?", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MOST_MESSAGES: Final = 200_000
_EDGE: Final = 1_000_000
"""Pixels."""
_PICTURES: Final = 100_000
_NAME: Final = 300
"""Characters of a name or of a word that says what something is."""
_APART: Final = frozenset({"parent", "content", "usage", "error", "cache"})
"""Facts of a message that are read one by one."""


def conversation(found: Any, left_out: Counts, go_on: Callable[[], None] = no_pause) -> Whole | None:
    """The conversation; None where it is none. What of it cannot be taken is counted. `go_on` may raise to end it."""
    if not isinstance(found, dict) or not isinstance(found.get("messages"), list):
        return None
    facts = found.get("conversation")
    about = made(Conversation, facts if isinstance(facts, dict) else {}, left_out)
    if not is_id(about.id):
        about = replace(about, id=new_id())
    about = replace(about, title=about.title[:_NAME], model=about.model[:_NAME], cost=_amount(about.cost))
    placed = tree(_messages(found["messages"], left_out, go_on))
    leaf = found.get("leaf")
    known = {each.message.id for each in placed}
    draft, filed = drafts.read(found.get("draft"), left_out), _filed(found.get("filed"), left_out)
    return Whole(about, placed, leaf if isinstance(leaf, str) and leaf in known else "", draft, filed)


def _messages(found: list[Any], left_out: Counts, go_on: Callable[[], None]) -> Iterator[Placed]:
    left_out["message"] += max(0, len(found) - _MOST_MESSAGES)
    for entry in found[:_MOST_MESSAGES]:
        go_on()
        if not isinstance(entry, dict) or entry.get("role") not in ("user", "assistant"):
            left_out["message"] += 1
            continue
        parent = entry.get("parent")
        yield Placed(_message(entry, left_out), parent if isinstance(parent, str) else "")


def _message(entry: JSON, left_out: Counts) -> Message:
    message = made(Message, {"role": "user", **entry}, left_out, ignored=_APART)
    content = entry.get("content")
    usage = entry.get("usage")
    message = replace(
        message,
        state="interrupted" if message.state == "streaming" else message.state,
        content=tuple(_blocks(content if isinstance(content, list) else [], message.role, left_out)),
        usage=made(Usage, usage, left_out) if isinstance(usage, dict) else None,
        estimate=_amount(message.estimate),
        cost=_amount(message.cost),
        error=_error(entry.get("error"), left_out),
        cache=_cache(entry.get("cache"), left_out),
    )
    try:
        caching.missed(message)
    except (TypeError, ValueError, KeyError, AttributeError):
        left_out["fact"] += 1
        return replace(message, cache=None, diagnostics=None)
    return message


def _amount(text: str) -> str:
    return text if _AMOUNT.fullmatch(text) else ""


def _filed(found: Any, left_out: Counts) -> FiledAs:
    filed = made(FiledAs, found if isinstance(found, dict) else {}, left_out)
    return replace(filed, folder=" ".join(filed.folder.split())[:_NAME])


# --- blocks -------------------------------------------------------------------------------------


def _blocks(found: list[Any], role: str, left_out: Counts) -> Iterator[Block]:
    for entry in found:
        block = _block(entry, role, left_out) if isinstance(entry, dict) else None
        if block is None:
            left_out["block"] += 1
        else:
            yield block


def _block(entry: JSON, role: str, left_out: Counts) -> Block | None:
    reply, text, image = entry.get("reply"), entry.get("text"), entry.get("image")
    if role == "assistant":
        return ReplyBlock(reply) if isinstance(reply, dict) and isinstance(reply.get("type"), str) else None
    if isinstance(text, str):
        return TextBlock(well_formed(text))
    return _image(image, left_out) if isinstance(image, dict) else None


def _image(facts: JSON, left_out: Counts) -> ImageBlock | None:
    image = made(ImageBlock, facts, left_out)
    return image if _holds(image) else None


def _holds(image: ImageBlock) -> bool:
    """Whether its facts agree with each other: what counts on them must not fail."""
    sizes = (image.width, image.height, image.original_width, image.original_height)
    if not 1 <= image.number <= _PICTURES or max(sizes) > _EDGE or image.page > _PICTURES:
        return False
    if max(map(len, (image.name, image.original_format, *image.notes)), default=0) > _NAME or len(image.notes) > 50:
        return False
    if image.url and not image.url.startswith("https://"):
        return False
    if not image.sent and not image.original:
        return bool(image.url) and image.box is None and image.media_type in {"", *MEDIA_TYPES.values()}
    hashes = _SHA256.fullmatch(image.sent) and _SHA256.fullmatch(image.original)
    return bool(hashes) and min(sizes) > 0 and image.media_type in MEDIA_TYPES.values() and _box_holds(image)


def _box_holds(image: ImageBlock) -> bool:
    if image.box is None:
        return image.kind not in {"tile", "region"}
    left, top, width, height = image.box
    inside = left + width <= image.original_width and top + height <= image.original_height
    return inside and width > 0 and height > 0 and image.part <= image.parts <= _PICTURES


# --- errors and caches --------------------------------------------------------------------------


def _error(found: Any, left_out: Counts) -> JSON | None:
    """As `app.core.failure` writes it, every fact of its type."""
    if not isinstance(found, dict):
        return None
    kind = getattr(errors, str(found.get("class")), None)
    facts = found.get("facts")
    if (
        isinstance(kind, type)
        and issubclass(kind, VisavisError)
        and isinstance(facts, dict)
        and _error_fits(kind, facts)
    ):
        return {"class": kind.__name__, "facts": facts}
    left_out["fact"] += 1
    return {"class": "VisavisError", "facts": {}}


def _error_fits(kind: type[VisavisError], facts: Mapping[str, Any]) -> bool:
    try:
        if not hasattr(kind, "__dataclass_fields__"):
            return not facts
        fit(dict(facts), kind)
        return set(facts) <= {field.name for field in fields(kind)}  # type: ignore[arg-type]  # asked above
    except Unfit:
        return False


def _cache(found: Any, left_out: Counts) -> JSON | None:
    """As `app.core.caching` writes it."""
    if not isinstance(found, dict):
        return None
    try:
        fit(found.get("expected", 0), int)
        fit(found.get("system", ""), str)
        fit(found.get("lost"), Lost | None)
    except Unfit:
        left_out["fact"] += 1
        return None
    return found
