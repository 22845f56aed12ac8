"""Messages made up for the tests of the conversation, and what is seen of them there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.conversation.chat import Chat
from app.core.message import ImageBlock, Message, ReplyBlock, Usage
from app.ui.errors import words
from app.ui.transcript.content import Caption, Code, Content, Fold, Foot, More, Notice, Prose, Table
from app.ui.transcript.endings import bill
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.view import Transcript
from tests.transcripts import MODEL

Kind = TypeVar("Kind", bound=QWidget)

USAGE: Final = Usage.from_json({"input_tokens": 4, "cache_creation_input_tokens": 7508, "output_tokens": 214})
PICTURE: Final = ImageBlock(
    number=1,
    name="q4-dashboard.png",
    sent="b" * 64,
    media_type="image/png",
    width=2576,
    height=1449,
    sent_bytes=1000,
    tokens=4784,
    original="a" * 64,
    original_width=3840,
    original_height=2160,
    original_bytes=2000,
    original_format="PNG",
)
ANSWER: Final = (
    "The first paragraph.\n\nThe **second** one, which is _longer_.\n\n```python\nx = 1\ny = 2\n```\n\nThe end."
)
LONG: Final = "\n\n".join(f"Paragraph {i}. " + "word " * 60 for i in range(20))


# --- what is said -------------------------------------------------------------------------------


def asked(text: str = "What is it?", *images: ImageBlock) -> Message:
    return Message.from_user(text, images, id=f"u{time.monotonic_ns()}", created=time.time())


def answered(text: str = "A chart.", *, thinking: str = "", **facts: Any) -> Message:
    """Complete and paid for, unless `facts` say otherwise."""
    usual: dict[str, Any] = {
        "id": f"a{time.monotonic_ns()}",
        "state": "complete",
        "model": MODEL,
        "server": "api.anthropic.com",
        "stop_reason": "end_turn",
        "usage": USAGE,
        "estimate": "0.0207",
        "cost": "0.020914",
        "created": time.time(),
    }
    content = [thought(thinking)] if thinking else []
    content += [ReplyBlock({"type": "text", "text": text})] if text else []
    return Message("assistant", tuple(content), **usual | facts)


def coming(text: str = "", **facts: Any) -> Message:
    """An answer that streams."""
    return answered(text, **{"state": "streaming", "usage": None, "stop_reason": None, "cost": "", **facts})


def thought(words: str) -> ReplyBlock:
    return ReplyBlock({"type": "thinking", "thinking": words, "signature": "s"})


def question(number: int, text: str = "", *images: ImageBlock) -> Message:
    return replace(asked(text or f"Question {number}?", *images), id=f"q{number}")


def answer(number: int, text: str = ANSWER, thinking: str = "", **facts: Any) -> Message:
    return answered(text, thinking=thinking, **{"id": f"a{number}", **facts})


def talk(turns: int, text: str = ANSWER) -> list[Message]:
    """Numbered questions, each with the same answer."""
    return [message for number in range(turns) for message in (question(number), answer(number, text))]


def put(chat: Chat, *messages: Message) -> None:
    """Let the conversation be these, and be shown."""
    chat.messages.reset(messages)
    QApplication.processEvents()


def told(chat: Chat, message: Message, text: str) -> Message:
    """The last answer says `text` now; it is returned."""
    now = replace(message, content=(*message.content[:-1], ReplyBlock({"type": "text", "text": text})))
    chat.messages.replace_last(now)
    return now


def grown(chat: Chat, message: Message, text: str) -> Message:
    """The last answer goes on with a paragraph; it is returned."""
    return told(chat, message, message.text + "\n\n" + text)


# --- what is seen -------------------------------------------------------------------------------


def contents(transcript: Transcript, message: int = -1) -> list[Content]:
    """What the rows of a message show; of the last one, if none is named. Nothing where there are no messages."""
    count = len(transcript.messages)
    return [row.content for row in transcript.rows_of(message % count)] if count else []


def text_of(shown: Iterable[Content]) -> str:
    """The words of a message in its rows, as they were written."""
    return "\n\n".join(content.block.text for content in shown if isinstance(content, Prose | Code | Table))


def said(shown: Iterable[Content]) -> list[str]:
    """The lines, captions and notices among them, in words."""
    found = []
    for content in shown:
        match content:
            case Fold(line=line):
                found.append(line)
            case Caption(words=caption):
                found.append(caption)
            case Notice(wait=wait) if wait is not None:
                found.append(f"waiting for {wait.seconds:g} s")
            case Notice(error=error) if error is not None:
                found.append(words(error).what)
            case Notice(words=plain):
                found.append(plain)
            case More(size=size):
                found.append(f"{size} bytes")
    return found


def foot_of(shown: Iterable[Content]) -> Foot:
    (foot,) = (content for content in shown if isinstance(content, Foot))
    return foot


def bill_of(shown: Sequence[Content]) -> str:
    """The line below an answer that has come."""
    foot = foot_of(shown)
    return bill(foot.message, foot.model, named=foot.is_by_another)


def below(transcript: Transcript) -> list[Content]:
    """What stands below the last message and is on screen."""
    count = len(transcript.messages)
    tail = [placed.row.content for placed in transcript._flow.on_screen if placed.item == count]
    assert [number for number, *_ in transcript.on_screen() if number >= count] == [count] * len(tail)
    return tail


def seen(transcript: Transcript, kind: type[Kind]) -> list[Kind]:
    """What of a kind is on screen in the rows, from top to bottom."""
    found: list[Kind] = []
    for *_, widget in transcript.on_screen():
        assert isinstance(widget, QWidget)
        found += [child for child in widget.findChildren(kind) if child.isVisibleTo(widget)]
        found += [widget] if isinstance(widget, kind) else []
    return found


def button(transcript: Transcript, name: str) -> QAbstractButton:
    """The last one of that name in sight."""
    found = [b for b in transcript.findChildren(QAbstractButton) if b.accessibleName() == name and b.isVisible()]
    return max(found, key=lambda one: one.mapTo(transcript, QPoint()).y())


def view(transcript: Transcript, message: int, row: int) -> SafeTextView:
    """The text of a row on screen."""
    widget = transcript.widget_at(message, row)
    assert widget is not None
    assert widget.view is not None
    return widget.view


def selected(transcript: Transcript) -> str:
    """What is selected, as it is read."""
    return transcript.copying.text(transcript.selection.excerpts())


# --- where one is -------------------------------------------------------------------------------


def places(transcript: Transcript) -> list[tuple[int, int, int]]:
    """Message, row and upper edge in the viewport, in pixels, of all that is on screen."""
    return [(placed.item, placed.nth, placed.y) for placed in transcript._flow.on_screen]


def follows(transcript: Transcript) -> bool:
    return transcript._flow.following


def at_end(transcript: Transcript) -> bool:
    bar = transcript.verticalScrollBar()
    return bar.value() == bar.maximum()


def wheel(transcript: Transcript, notches: int) -> None:
    """Turn the wheel over the middle, as the window system tells it: it goes through whatever is there."""
    window, middle = transcript.window(), transcript.viewport().rect().center()
    place = QPointF(transcript.viewport().mapTo(window, middle))
    QTest.wheelEvent(window.windowHandle(), place, QPoint(0, 120 * notches))
    QApplication.processEvents()
