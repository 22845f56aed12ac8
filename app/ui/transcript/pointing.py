"""Which message the pointer or the keyboard is at: there stands the bar with what can be done with it."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.core.message import Message
from app.ui.transcript import spacing
from app.ui.transcript.action_bar import ActionBar
from app.ui.transcript.flow import Flow
from app.ui.transcript.items import Items
from app.ui.transcript.markup import safe_link
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.turn import Turn


def link_at(widget: QWidget | None, place: QPoint) -> str:
    """The address of the link there on the screen, where `widget` shows a text that has one.

    What leads to a picture of the conversation has none: it means nothing elsewhere.
    """
    view = widget.parentWidget() if widget is not None else None
    if not isinstance(view, SafeTextView):
        return ""
    address = view.anchorAt(view.viewport().mapFromGlobal(place))
    return address if safe_link(address) is not None else ""


class Pointing(QObject):
    def __init__(self, viewport: QWidget, flow: Flow, items: Items, bar: ActionBar) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._flow = flow
        self._items = items
        self._bar = bar
        viewport.setMouseTracking(True)
        viewport.installEventFilter(self)
        flow.laid_out.connect(self._follow)
        application = cast(QApplication, QApplication.instance())
        application.focusChanged.connect(self._on_focus)

    def watch(self, widget: QWidget) -> None:
        """A row that the pointer may enter."""
        widget.installEventFilter(self)

    def message_at(self, place: QPoint) -> Message | None:
        """The message there in the viewport, the room above it included."""
        there = (p.row for p in self._flow.on_screen if p.y <= place.y() < p.y + p.height)
        return next((row.owner.message for row in there if isinstance(row.owner, Turn)), None)

    def place_of(self, message: Message) -> QRect:
        """Where its rows in sight are in the viewport; empty where there are none."""
        owners = ((placed, placed.row.owner) for placed in self._flow.on_screen)
        rows = [placed for placed, owner in owners if isinstance(owner, Turn) and owner.message.id == message.id]
        if not rows:
            return QRect()
        top = rows[0].y + (0 if rows[0].nth else spacing.TURN)
        return QRect(self._flow.left, top, self._flow.width, rows[-1].y + rows[-1].row.extent - top)

    def enter_bar(self) -> None:
        """Let the keyboard go from a question into the bar that stands at it."""
        focused = QApplication.focusWidget()
        if focused is None or not self._viewport.isAncestorOf(focused) or self._bar.isAncestorOf(focused):
            return
        message = self.message_at(focused.mapTo(self._viewport, QPoint(1, 1)))
        self._point(message)
        if message is not None and self._bar.isVisible() and self._bar.message.id == message.id:
            self._bar.take_focus()

    def _point(self, message: Message | None) -> None:
        if message is not None and not (place := self.place_of(message)).isEmpty():
            self._bar.show_for(message, place)
        else:
            self._bar.let_go()

    def _follow(self) -> None:
        """The rows have moved: the bar goes with its message, or leaves with it."""
        if self._bar.isVisible():
            place = self.place_of(self._bar.message)
            if place.isEmpty():
                self._bar.hide()
            else:
                self._bar.follow(place)

    def _on_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        if now is None or self._bar.isAncestorOf(now):
            return
        if self._viewport.isAncestorOf(now):
            self._point(self.message_at(now.mapTo(self._viewport, QPoint(1, 1))))
        elif not self._viewport.underMouse():
            self._bar.let_go()

    # --- Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.Enter if watched is not self._viewport:
                self._point(self.message_at(cast(QWidget, watched).pos()))
            case QEvent.Type.MouseMove if watched is self._viewport:
                self._point(self.message_at(cast(QMouseEvent, event).position().toPoint()))
            case QEvent.Type.Leave if watched is self._viewport:
                self._bar.let_go()
        return False
