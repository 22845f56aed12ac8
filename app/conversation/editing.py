"""A question that was sent, written anew in the draft, while what was being written there waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.conversation.attachment import Source
from app.conversation.draft import Draft
from app.conversation.messages import MessageModel
from app.core.message import JSON, ImageBlock, Message


class Editing(QObject):
    """Signals:
    changed(): another question is edited, or none any more.
    """

    changed = Signal()

    def __init__(self, draft: Draft, messages: MessageModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._messages = messages
        self._aside: JSON = {}
        self.question = ""
        """The id of the question; empty where none is edited."""

    @property
    def row(self) -> int:
        """The row that the draft will have: that of the question, else the one after all messages."""
        row = self._messages.row_of(self.question) if self.question else -1
        return row if row >= 0 else len(self._messages.messages)

    @property
    def history(self) -> Sequence[Message]:
        """What goes before the draft."""
        messages = self._messages.messages
        return messages[: self.row] if self.question else messages

    @property
    def pictures(self) -> int:
        """The highest picture number before the draft."""
        if not self.question:
            return self._messages.pictures
        return max((image.number for message in self.history for image in message.images), default=0)

    @property
    def aside(self) -> JSON:
        """What was being written before, as `Draft.to_json` gives it; empty where it was nothing."""
        return self._aside

    def begin(self, question: Message) -> None:
        """Put the draft aside and the question in its place."""
        empty = self._draft.empty
        aside = self._draft.take()
        self._aside, self.question = {} if empty else aside, question.id
        self.changed.emit()  # first: pictures get the numbers that they have there
        sources = [self._source(blocks).to_json() for blocks in question.pictures]
        self._draft.restore({"text": question.text, "pictures": sources})

    def cancel(self) -> None:
        """Let go of what was written anew, and go on with what was being written before."""
        if self.question:
            self._draft.take()
            self.end()

    def end(self) -> None:
        """Edit no more: what was being written before comes back, in front of what is there."""
        if self.question:
            aside, self._aside, self.question = self._aside, {}, ""
            self.changed.emit()
            self._draft.restore(aside)

    def follow(self) -> None:
        """End where the question is shown no more: it was sent anew, or another branch is shown."""
        if self.question and self._messages.row_of(self.question) < 0:
            self.end()

    def to_json(self) -> JSON:
        """What `restore` needs beside the draft."""
        return {"editing": self.question, "aside": self._aside} if self.question else {}

    def restore(self, kept: JSON) -> None:
        if kept.get("editing"):
            self.question, self._aside = str(kept["editing"]), dict(kept.get("aside") or {})
            self.changed.emit()

    def _source(self, blocks: Sequence[ImageBlock]) -> Source:
        """A picture of the question as it went: what was sent although an earlier one is the same, is so again."""
        shown = blocks[0]
        seen = {image.thumbnail for message in self.history for image in message.images}
        again = not shown.same_as and shown.thumbnail in seen
        return replace(source_of(blocks), again=again, sharper_than=shown.sharper_than)


def source_of(blocks: Sequence[ImageBlock]) -> Source:
    """A picture that was sent, to be sent elsewhere the same way."""
    shown = blocks[0]
    return Source(
        name=shown.name,
        kept=shown.original,
        page=shown.page,
        preset=shown.preset,
        region=next((image.box for image in blocks if image.kind == "region"), None),
        url=shown.url,
        sent=shown.sent if shown.kind in {"whole", "overview"} else "",
    )
