"""What a message says, as contents of rows, where it has no rows: to read much, none are to be made."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.blocks import Blocks
from app.core.message import Message
from app.core.plain_blocks import plain_blocks
from app.ui.transcript.content import Content, Prose
from app.ui.transcript.face import Face
from app.ui.transcript.text_rows import content_of
from app.ui.transcript.turn import FOLDED


def contents_of(face: Face, number: int) -> Sequence[Content]:
    """What the rows of a message show; where it has none, their text, without what is folded."""
    rows = face.known_rows(number)
    return [row.content for row in rows] if rows is not None else said(face.messages[number])


def said(message: Message) -> Sequence[Content]:
    """The text of a message that nothing was unfolded of."""
    if message.role == "user":
        return [Prose(block, "question") for block in plain_blocks(message.text.strip("\n"))]
    if message.refused:
        return []
    blocks = Blocks()
    blocks.feed(message.text[:FOLDED])
    blocks.finish()
    return [
        content_of(block, "answer", blocks.definitions, (), lambda: 0)
        for block in blocks.finished
        if block.kind != "definition"
    ]
