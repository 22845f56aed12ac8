"""The widgets of the rows: those on screen, those that may soon be again, and those that wait for another row."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, cast

from PySide6.QtWidgets import QApplication, QWidget

from app.ui.transcript.caption_row import CaptionRow
from app.ui.transcript.code_row import CodeRow
from app.ui.transcript.content import Caption, Code, Content, Fold, Foot, More, Notice, Pictures, Prose, Table
from app.ui.transcript.fold_row import FoldRow
from app.ui.transcript.foot_row import FootRow
from app.ui.transcript.host import Host
from app.ui.transcript.more_row import MoreRow
from app.ui.transcript.notice_row import NoticeRow
from app.ui.transcript.pictures_row import PicturesRow
from app.ui.transcript.prose_row import ProseRow
from app.ui.transcript.row import Row, RowWidget
from app.ui.transcript.table_row import TableRow

_KEPT: Final = 48
"""Rows out of sight that keep their widgets."""


class Pool:
    """Rows by their widgets. A widget that has the keyboard's focus stays with its row."""

    def __init__(
        self, host: Host, parent: QWidget, made: Callable[[QWidget], None], left: Callable[[], object]
    ) -> None:
        """`made` is told of each new widget; `left` is called when a row is gone that had the focus."""
        self._host = host
        self._parent = parent
        self._made = made
        self._left = left
        self._live: dict[Row, RowWidget] = {}
        """The one used longest ago comes first."""
        self._shown: dict[Row, Content] = {}
        self._idle: dict[type, list[RowWidget]] = {}
        self._in_sight: set[Row] = set()

    def widget(self, row: Row) -> RowWidget:
        """The row's widget, showing its content."""
        widget = self._live.pop(row, None)
        if widget is None:
            widget = self._taken(type(row.content))
        self._live[row] = widget
        if self._shown.get(row) is not row.content:
            self._shown[row] = row.content
            try:
                widget.show_content(row.content)
            except Exception as error:  # noqa: BLE001  # see there
                return self._as_written(row, error)
        return widget

    def _as_written(self, row: Row, error: Exception) -> RowWidget:
        """No text may keep the conversation from being read: one that cannot be shown is shown as it was written."""
        if not isinstance(row.content, Prose | Code | Table) or row.content.block.plain:
            raise error
        sys.excepthook(type(error), error, error.__traceback__)
        _as_widget(self._live.pop(row)).deleteLater()
        row.content = Prose(replace(row.content.block, kind="prose", plain=True))
        row.exact = False
        return self.widget(row)

    def known(self, row: Row) -> RowWidget | None:
        """Its widget, if it has one that shows what it is to show."""
        return self._live.get(row) if self._shown.get(row) is row.content else None

    def row_of(self, widget: object) -> Row | None:
        return next((row for row, live in self._live.items() if live is widget), None)

    def settle(self, placed: set[Row]) -> None:
        """Hide what is not `placed`, and take the widgets of what was out of sight for long."""
        for row in self._in_sight - placed:
            if row in self._live:
                self._put_away(row)
        self._in_sight = placed
        if len(self._live) - len(placed) > _KEPT:
            spare = [row for row in self._live if row not in placed]
            for row in spare[: len(spare) - _KEPT]:
                if not _has_focus(_as_widget(self._live[row])):
                    self._let_go(row)

    def clear(self) -> None:
        """All rows are gone."""
        for row in list(self._live):
            self._let_go(row)
        self._in_sight = set()

    def renew(self) -> None:
        """Colours or sizes are others: every widget is made anew when it is needed."""
        self.clear()
        for widgets in self._idle.values():
            for widget in widgets:
                _as_widget(widget).deleteLater()
        self._idle.clear()

    def warm(self, kind: type, count: int) -> bool:
        """Make one widget ahead if there are fewer than `count` of the kind; whether one was made."""
        idle = self._idle.setdefault(kind, [])
        if len(idle) >= count:
            return False
        idle.append(self._new(kind))
        return True

    def _put_away(self, row: Row) -> None:
        widget = _as_widget(self._live[row])
        if not _has_focus(widget):
            widget.hide()
        elif row.owner is not None and row in row.owner.rows:
            widget.move(widget.x(), -widget.height() - 1)  # hidden, it would lose the focus
        else:
            self._left()
            self._let_go(row)

    def _let_go(self, row: Row) -> None:
        widget = self._live.pop(row)
        self._shown.pop(row, None)
        widget.let_go()
        _as_widget(widget).hide()
        self._idle.setdefault(type(row.content), []).append(widget)

    def _taken(self, kind: type) -> RowWidget:
        idle = self._idle.get(kind)
        return idle.pop() if idle else self._new(kind)

    def _new(self, kind: type) -> RowWidget:
        widget = _KINDS[kind](self._host, self._parent)
        if isinstance(widget, CodeRow | TableRow):
            widget.whole = partial(self._whole, widget)
        if isinstance(widget, CodeRow):
            widget.before = partial(self._before, widget)
        self._made(_as_widget(widget))
        return widget

    def _whole(self, widget: RowWidget) -> str:
        """All parts of the block that a row shows a part of."""
        row = self.row_of(widget)
        return row.owner.whole(row.content) if row is not None and row.owner is not None else ""

    def _before(self, widget: RowWidget) -> str:
        """The code above that of a row."""
        row = self.row_of(widget)
        return row.owner.before(row.content) if row is not None and row.owner is not None else ""


def _as_widget(widget: RowWidget) -> QWidget:
    return cast(QWidget, widget)


def _has_focus(widget: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and (focused is widget or widget.isAncestorOf(focused))


_KINDS: Final[dict[type, Callable[[Host, QWidget], RowWidget]]] = {
    Prose: ProseRow,
    Code: CodeRow,
    Table: TableRow,
    Pictures: PicturesRow,
    Fold: FoldRow,
    Notice: NoticeRow,
    Caption: CaptionRow,
    Foot: FootRow,
    More: MoreRow,
}
