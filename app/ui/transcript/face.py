"""What selecting, copying and finding ask of the conversation on screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from app.core.message import Message
from app.ui.transcript.row import Row, RowWidget


class Face(Protocol):
    """Messages and their rows go by their numbers, from 0; those of messages change when older ones come in."""

    @property
    def messages(self) -> Sequence[Message]:
        """All of the conversation, oldest first."""

    @property
    def laid_out(self) -> SignalInstance:
        """Rows may have got or lost widgets, or show something else."""

    def number_of(self, message_id: str) -> int | None:
        """Which message has this id; None where it is gone."""

    def rows_of(self, message: int) -> list[Row]:
        """Its rows, made where it had none yet."""

    def known_rows(self, message: int) -> list[Row] | None:
        """Its rows, where it has any; to ask makes none."""

    def on_screen(self) -> list[tuple[int, int, RowWidget]]:
        """Message, row and widget, from top to bottom. What stands below the last message counts as one more."""

    def widget_at(self, message: int, row: int) -> RowWidget | None:
        """The widget of a row, where it has one now."""

    def reveal(self, message: int, row: int, position: int = 0) -> None:
        """Bring a place in a row's text into view, a third from the top, and follow the end no more."""

    def scroll_by(self, pixels: int) -> None:
        """Move on (> 0) or back."""

    def viewport(self) -> QWidget:
        """What the rows stand in."""
