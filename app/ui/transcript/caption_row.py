"""The row of a line in text 2."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.label import Label
from app.ui.theme import TextRole
from app.ui.transcript.content import Caption
from app.ui.transcript.host import Host
from app.ui.transcript.text import SafeTextView


class CaptionRow(Label):
    """What is being done, or what cannot be shown. It wraps."""

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(host.theme, tone="secondary", wraps=True, parent=parent)

    @property
    def view(self) -> SafeTextView | None:
        return None

    def show_content(self, content: Caption) -> None:
        role: TextRole = "caption" if content.small else "body"
        if role != self._role:
            self._role = role
            self._follow()
        if content.words != self.text():
            self.setText(content.words)

    def height_for(self, width: int) -> int:
        return self.heightForWidth(width)

    def shift(self, pixels: int) -> None:
        """It wraps instead."""

    def let_go(self) -> None:
        """Nothing belongs to one row alone."""
