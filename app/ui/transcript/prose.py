"""A text of any length as a column of text views, built and updated in frames so that nothing waits for it."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.ui import figures
from app.ui.theme import SPACE, Theme
from app.ui.transcript.pieces import Piece, Pieces, plain_pieces
from app.ui.transcript.text import SafeTextView

FRAME: Final = 33
"""Milliseconds between two updates at the least."""
BUDGET: Final = 0.012
"""Seconds that one update may take before the rest is left to the next."""
_UNMEASURED: Final = 2
"""Pieces shown before the first layout."""
FOLDED: Final = 200_000
"""Characters shown of a longer text until all are asked for (RELIABILITY.md, section 3.2)."""


class Prose(QWidget):
    """Signals:
    link_opened(str): a link was activated.
    picture_named(int): the number of a picture in the text was.
    selecting(): the person has begun to select.
    """

    link_opened = Signal(str)
    picture_named = Signal(int)
    selecting = Signal()

    def __init__(
        self, theme: Theme, *, markdown: bool, name: str, pictures: int = 0, parent: QWidget | None = None
    ) -> None:
        """`pictures`: how many pictures of the conversation the text can mean."""
        super().__init__(parent)
        self._theme = theme
        self._pictures = pictures
        self._markdown = markdown
        self._name = name
        self._text = ""
        self._limit: int | None = FOLDED
        self._caret = False
        self._placed = False
        self._pieces = Pieces()
        self._shown: list[Piece] = []
        self._views: list[SafeTextView] = []
        self._gap = 2 * SPACE if markdown else 0
        self._all: QPushButton | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.timeout.connect(self._render)

    @property
    def plain(self) -> str:
        """What is to be read of it, without Markdown's marks."""
        return "\n".join(view.plain for view in self._views)

    @property
    def selected(self) -> str:
        return "\n".join(view.selected for view in self._views if view.textCursor().hasSelection())

    def set_text(self, text: str) -> None:
        """Show a text, or what it has grown to. It is there at once the first time, then with the next frame."""
        if text == self._text:
            return
        grows = text.startswith(self._text)
        first = not self._text
        self._text = text
        if not grows:
            self._pieces, self._shown = Pieces(), []
        if first or not grows:
            self._render()
        elif not self._frame.isActive():
            self._frame.start(FRAME)

    def set_caret(self, on: bool) -> None:
        """Show that the text goes on."""
        self._caret = on
        for view in self._views:
            view.set_caret(on and view is self._views[-1])

    def flush(self) -> None:
        """Do not wait for the next frame."""
        if self._frame.isActive():
            self._frame.stop()
            self._render()

    def _render(self) -> None:
        began = time.perf_counter()
        wanted = self._wanted()
        first = done = max(0, len(self._shown) - 1)
        while done < len(wanted) and (done <= first + 1 or self._has_time(began, done)):
            self._show(done, wanted[done])
            done += 1
        for view in self._views[len(wanted) :]:
            view.deleteLater()
        del self._views[len(wanted) :], self._shown[len(wanted) :]
        self.set_caret(self._caret)
        self._offer_rest()
        if self._placed:
            self._lay_out()
        self.updateGeometry()
        if done < len(wanted):
            self._frame.start(max(FRAME, round(3000 * (time.perf_counter() - began))))

    def _has_time(self, began: float, done: int) -> bool:
        """Whether one more piece fits this frame. What a piece costs shows only once the width is known."""
        return time.perf_counter() - began < BUDGET if self._placed else done < _UNMEASURED

    def _wanted(self) -> list[Piece]:
        text = self._text if self._limit is None else self._text[: self._limit]
        if not self._markdown:
            return plain_pieces(text)
        tail = self._pieces.update(text)
        return [*self._pieces.finished, tail] if tail is not None else self._pieces.finished

    def _show(self, row: int, piece: Piece) -> None:
        if row == len(self._views):
            view = SafeTextView(self._theme, self)
            view.setAccessibleName(self._name)
            view.pictures = self._pictures
            view.link_opened.connect(self.link_opened)
            view.picture_named.connect(self.picture_named)
            view.selecting.connect(self.selecting)
            self._views.append(view)
            self._shown.append(Piece(""))
            view.show()
        if row >= len(self._shown):
            self._shown.append(Piece(""))
        if self._shown[row] != piece:
            self._shown[row] = piece
            self._views[row].set_piece(piece)
            if self._placed:
                self._views[row].heightForWidth(self.width())  # laid out now, so that the budget counts it

    def _offer_rest(self) -> None:
        """A button that shows the rest of a very long text."""
        if self._limit is not None and len(self._text) > self._limit:
            if self._all is None:
                self._all = QPushButton(self)
                self._all.setProperty("kind", "link")
                self._all.clicked.connect(self._show_all)
            size = figures.file_size(len(self._text.encode("utf-8", "replace")))
            self._all.setText(self.tr("Show all (%1)").replace("%1", size))
            self._all.show()
        elif self._all is not None:
            self._all.hide()

    def _show_all(self) -> None:
        self._limit = None
        self._render()

    def _lay_out(self) -> None:
        y = 0
        for view in self._views:
            height = view.heightForWidth(self.width())
            view.setGeometry(0, y, self.width(), height)
            y += height + self._gap
        if self._all is not None:
            self._all.setGeometry(QRect(QPoint(0, y), self._all.sizeHint()))

    # --- overrides of Qt. No QLayout: it would ask for the height at the least width too, which costs the most ---

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        height = sum(view.heightForWidth(width) + self._gap for view in self._views)
        if self._all is not None and not self._all.isHidden():
            return height + self._all.sizeHint().height()
        return max(0, height - self._gap)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), 0)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._placed = True
        self._lay_out()
