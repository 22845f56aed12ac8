"""A conversation of the data export of claude.ai (`conversations.json`), as far as its format is known.

It is documented nowhere by its makers; the names are those that people who read it have told of. What is met and not
known is counted, never dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from app.core.importing.order import chain, is_id, new_id, tree
from app.core.importing.typed import Counts
from app.core.message import JSON, Block, Message, ReplyBlock, TextBlock, well_formed
from app.core.rows import Conversation
from app.core.titles import title_of
from app.core.whole import Placed, Whole, no_pause

_KNOWN: Final = frozenset(
    {"uuid", "name", "created_at", "updated_at", "chat_messages", "account", "model", "current_leaf_message_uuid"}
)
_KNOWN_OF_MESSAGE: Final = frozenset(
    {"uuid", "sender", "text", "content", "created_at", "updated_at", "attachments", "files", "files_v2"}
    | {"parent_message_uuid", "index"}
)
_ROLES: Final = {"human": "user", "user": "user", "assistant": "assistant"}
_STEPS: Final = frozenset({"tool_use", "tool_result"})
_TITLE: Final = 300


def conversation(found: Any, left_out: Counts, go_on: Callable[[], None] = no_pause) -> Whole | None:
    """The conversation; None where it is none. What of it cannot be taken is counted. `go_on` may raise to end it."""
    if not isinstance(found, dict) or not isinstance(found.get("chat_messages"), list):
        return None
    _count_unknown(found, _KNOWN, left_out)
    created = _moment(found.get("created_at"))
    placed = _tree(found["chat_messages"], created, left_out, go_on)
    updated = max([_moment(found.get("updated_at")), created, *(each.message.created for each in placed)])
    leaf = _id(found.get("current_leaf_message_uuid"))
    about = Conversation(
        _id(found.get("uuid")) or new_id(),
        title=" ".join(_text(found.get("name")).split())[:_TITLE] or _first_words(placed),
        model=_text(found.get("model"))[:_TITLE],
        created=created or updated,
        updated=updated,
    )
    return Whole(about, placed, leaf if leaf in {each.message.id for each in placed} else "")


def _first_words(placed: tuple[Placed, ...]) -> str:
    """A title of what was said first, by the person if they said anything; empty where no words are."""
    said = sorted((message for message, _ in placed if message.text.strip()), key=lambda each: each.role != "user")
    return title_of(said[0]) if said else ""


def _tree(entries: list[Any], created: float, left_out: Counts, go_on: Callable[[], None]) -> tuple[Placed, ...]:
    placed = []
    for entry in entries:
        go_on()
        if isinstance(entry, dict) and _text(entry.get("sender")) in _ROLES:
            placed.append(Placed(_message(entry, created, left_out), _id(entry.get("parent_message_uuid"))))
        else:
            left_out["message"] += 1
    known = {message.id for message, _ in placed}
    if any(parent in known for _, parent in placed):
        # One that begins the conversation has a parent that stands for none.
        return tree(Placed(message, parent if parent in known else "") for message, parent in placed)
    return chain([message for message, _ in placed])


def _message(entry: JSON, created: float, left_out: Counts) -> Message:
    _count_unknown(entry, _KNOWN_OF_MESSAGE, left_out)
    role = _ROLES[entry["sender"]]
    facts: dict[str, Any] = {
        "id": _id(entry.get("uuid")) or new_id(),
        "created": _moment(entry.get("created_at")) or created,
    }
    parts = list(_parts(entry, left_out))
    if role == "assistant":
        return Message("assistant", tuple(ReplyBlock(part) for part in parts), model=_text(entry.get("model")), **facts)
    left_out["block"] += sum(part["type"] != "text" for part in parts)
    words = [part["text"] for part in parts if part["type"] == "text"]
    blocks: list[Block] = [TextBlock(text) for text in (*_attached(entry, left_out), *words) if text.strip()]
    return Message("user", tuple(blocks), **facts)


def _parts(entry: JSON, left_out: Counts) -> Iterator[JSON]:
    """What was said and thought; the message's plain text where it has no parts."""
    said = False
    content = entry.get("content")
    for part in content if isinstance(content, list) else []:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            said = said or bool(part["text"])
            left_out["citation"] += len(part["citations"]) if isinstance(part.get("citations"), list) else 0
            yield {"type": "text", "text": well_formed(part["text"])}
        elif kind == "thinking" and isinstance(part.get("thinking"), str):
            yield {"type": "thinking", "thinking": well_formed(part["thinking"])}
        else:
            left_out["step" if isinstance(kind, str) and kind in _STEPS else "block"] += 1
    if not said and (text := _text(entry.get("text"))):
        yield {"type": "text", "text": text}


def _attached(entry: JSON, left_out: Counts) -> Iterator[str]:
    """The texts that were attached; of files, which the export does not hold, the names."""
    for attached in _objects(entry.get("attachments")):
        name, text = _text(attached.get("file_name")), _text(attached.get("extracted_content"))
        if text:
            fence = "`" * max(3, _longest_run(text) + 1)
            yield f"{name}\n\n{fence}\n{text}\n{fence}".strip()
        else:
            left_out["file"] += 1
            yield f"[{name}]" if name else ""
    told = set()
    for file in [*_objects(entry.get("files")), *_objects(entry.get("files_v2"))]:
        name = _text(file.get("file_name"))
        key = _text(file.get("file_uuid")) or name
        if key in told:
            continue
        told.add(key)
        left_out["file"] += 1
        yield f"[{name}]" if name else ""


def _objects(found: Any) -> list[JSON]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _longest_run(text: str) -> int:
    """Of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def _count_unknown(found: JSON, known: frozenset[str], left_out: Counts) -> None:
    """What is empty says nothing that could be lost."""
    left_out["fact"] += sum(
        name not in known and value not in (None, "", [], {}, False) for name, value in found.items()
    )


def _text(found: Any) -> str:
    return well_formed(found) if isinstance(found, str) else ""


def _id(found: Any) -> str:
    """A UUID as we write one; empty where it cannot be an id."""
    text = found.replace("-", "").lower() if isinstance(found, str) else ""
    return text if is_id(text) else ""


def _moment(found: Any) -> float:
    """Seconds since the epoch; 0 where it cannot be read."""
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else None
        if moment is None:
            return 0.0
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError, OSError):
        return 0.0
