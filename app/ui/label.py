"""A line of plain text in one of the theme's roles; foreign text is never read as markup."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.theme import TextRole, Theme

Tone = Literal["text", "secondary"]


class Label(QLabel):
    """Follows the theme. The colour is text, or text 2 for `tone` "secondary"."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        *,
        role: TextRole = "body",
        weight: int = 400,
        tone: Tone = "text",
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._role: TextRole = role
        self._weight = weight
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        self.setWordWrap(wraps)
        self.setText(text)
        theme.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setFont(self._theme.font(self._role, self._weight))


class ElidedLabel(Label):
    """A single line that gives way where room is short; whole in its tooltip then.

    `most` is the width it asks for at most, `least` what it keeps, in pixels.
    """

    def __init__(
        self,
        theme: Theme,
        *,
        most: int,
        least: int = 32,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        role: TextRole = "body",
        weight: int = 400,
        tone: Tone = "text",
        parent: QWidget | None = None,
    ) -> None:
        self._whole = ""
        self._most = most
        self._least = least
        self._mode = mode
        super().__init__(theme, role=role, weight=weight, tone=tone, parent=parent)

    def set_whole(self, text: str) -> None:
        self._whole = " ".join(text.split())
        self.setAccessibleName(self._whole)
        self.updateGeometry()
        self._elide()

    def _follow(self) -> None:
        super()._follow()
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, self.contentsRect().width())
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        wide = self.fontMetrics().horizontalAdvance(self._whole) + margins.left() + margins.right() + 2
        return QSize(min(wide, self._theme.px(self._most)), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        asked = self.sizeHint()
        return QSize(min(self._theme.px(self._least), asked.width()), asked.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()
