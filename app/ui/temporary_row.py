"""The way to the temporary chat: a row over the list of conversations, which does not list it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMetaObject, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy

from app.conversation.desk import Desk
from app.ui.picture_facts import shown_name
from app.ui.temporary_banner import ask_to_end
from app.ui.theme import RADIUS, Theme

KEYS = "Ctrl+Shift+N"
_ROW = 48
_WORDS = 46
"""Pixels left of the words."""


class TemporaryRow(QAbstractButton):
    """Stands as long as there is such a chat, in a dashed frame: whatever is in the rows below it is kept.

    Signals:
        export_wanted(): it is to be exported.
    """

    export_wanted = Signal()

    def __init__(self, theme: Theme, desk: Desk) -> None:
        super().__init__()
        self._theme = theme
        self._desk = desk
        self._links: list[QMetaObject.Connection] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(self.tr("Go on in the temporary chat (%1)").replace("%1", KEYS))
        self.clicked.connect(desk.temporary_chat)
        desk.temporary_changed.connect(self._follow)
        desk.opened.connect(self._show_state)
        theme.changed.connect(self.updateGeometry)
        self._follow()

    def _follow(self) -> None:
        for link in self._links:
            QObject.disconnect(link)
        temporary = self._desk.temporary
        self._links = []
        if temporary is not None:
            chat = temporary.chat
            self._links = [chat.stored.connect(self._show_state), chat.worker.phase_changed.connect(self._show_state)]
        self._show_state()
        self.setVisible(temporary is not None)

    def _show_state(self) -> None:
        self.setAccessibleName(f"{self._title}, {self._note}")
        self.update()

    @property
    def _title(self) -> str:
        temporary = self._desk.temporary
        asked = temporary is not None and temporary.chat.facts.title
        return shown_name(asked) if asked else self.tr("Temporary chat")

    @property
    def _note(self) -> str:
        if self._desk.temporary is not None and self._desk.temporary.chat.worker.busy:
            return self.tr("Temporary · an answer is coming")
        return self.tr("Temporary · not kept")

    # --- Qt ---

    def sizeHint(self) -> QSize:
        return QSize(0, self._theme.px(_ROW))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Open") + "\t" + KEYS, self._desk.temporary_chat)
        menu.addAction(self.tr("Export…") + "\tCtrl+E", self.export_wanted.emit)
        menu.addSeparator()
        menu.addAction(self.tr("End it now"), lambda: ask_to_end(self._desk, self))
        menu.popup(event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens, place = self._theme.tokens, self.rect().adjusted(0, 0, 0, -2)
        is_open = self._desk.is_temporary
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QColor(tokens.accent if is_open or self.hasFocus() else tokens.text2)
        painter.setPen(QPen(line, 1, Qt.PenStyle.SolidLine if self.hasFocus() else Qt.PenStyle.DashLine))
        ground = tokens.surface if is_open else tokens.hover
        painter.setBrush(QColor(ground) if is_open or self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["control"], RADIUS["control"])
        icon = self._theme.pixmap("message-square-dashed", tokens.accent if is_open else tokens.text2, 20)
        side = icon.deviceIndependentSize().toSize()
        words = place.adjusted(_WORDS, 0, -12, 0)
        left = (_WORDS - side.width()) // 2
        if self.isRightToLeft():
            words, left = place.adjusted(12, 0, -_WORDS, 0), place.width() - left - side.width()
        painter.drawPixmap(left, place.center().y() - side.height() // 2, icon)
        half = words.height() // 2
        align = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        for text, font, color, rect in (
            (self._title, self._theme.font("body", 500), tokens.text, words.adjusted(0, 2, 0, -half)),
            (self._note, self._theme.font("caption"), tokens.text2, words.adjusted(0, half, 0, -2)),
        ):
            painter.setFont(font)
            painter.setPen(QColor(color))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
            painter.drawText(rect, align, shown)
        painter.end()
