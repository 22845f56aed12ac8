"""A line of plain text in one of the theme's roles; foreign text is never read as markup."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QStyle, QWidget

from app.ui.foreign_text import is_right_to_left, one_line, tip
from app.ui.theme import TextRole, Theme

Tone = Literal["text", "secondary"]


class Label(QLabel):
    """Follows the theme. The colour is text, or text 2 for `tone` "secondary".

    Text that `wraps` is broken and painted here, since QLabel cannot keep the role's distance of lines; it cannot be
    selected.
    """

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
        self._counted: tuple[str, str] | None = None
        self._line_counts: dict[int, int] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        self.setWordWrap(wraps)
        self.setText(text)
        theme.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setFont(self._theme.font(self._role, self._weight))

    def _broken(self, width: int) -> QTextLayout:
        """The text in lines of that width, each as high as the role asks."""
        text, height = self.text(), self._theme.line(self._role)
        directions = Qt.LayoutDirection
        direction = directions.RightToLeft if is_right_to_left(text) else directions.LeftToRight
        option = QTextOption(QStyle.visualAlignment(direction, self.alignment()))
        option.setTextDirection(direction)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout = QTextLayout(text.replace("\n", "\u2028"), self.font())
        layout.setTextOption(option)
        layout.beginLayout()
        top = 0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, top + round((height - line.height()) / 2)))
            top += height
        layout.endLayout()
        return layout

    def _line_count(self, width: int) -> int:
        """Kept by width: a layout asks some hundred times while a window is built."""
        counted = self.text(), self.font().key()
        if counted != self._counted:
            self._counted, self._line_counts = counted, {}
        if width not in self._line_counts:
            self._line_counts[width] = self._broken(width).lineCount()
        return self._line_counts[width]

    def heightForWidth(self, width: int) -> int:
        if not self.wordWrap():
            return super().heightForWidth(width)
        margins = self.contentsMargins()
        lines = self._line_count(width - margins.left() - margins.right())
        return max(1, lines) * self._theme.line(self._role) + margins.top() + margins.bottom()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        if self.wordWrap():
            return QSize(hint.width(), self.heightForWidth(hint.width()))
        return hint.expandedTo(QSize(0, self._theme.line(self._role)))

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().expandedTo(QSize(0, self._theme.line(self._role)))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.wordWrap():
            super().paintEvent(event)
            return
        place = self.contentsRect()
        layout = self._broken(place.width())
        spare = place.height() - layout.lineCount() * self._theme.line(self._role)
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        layout.draw(painter, QPointF(place.left(), place.top() + spare // 2))
        painter.end()


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
        self._whole = one_line(text)
        self.setAccessibleName(self._whole)
        self.updateGeometry()
        self._elide()

    def _follow(self) -> None:
        super()._follow()
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, self.contentsRect().width())
        self.setText(shown)
        self.setToolTip(tip(self._whole) if shown != self._whole else "")

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
