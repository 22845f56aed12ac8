"""The help page "What Claude can and cannot see", in a window of its own."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from app.ui.help.words import Point, Section, Topic, sections
from app.ui.label import Label
from app.ui.theme import Theme

_SIZE: Final = QSize(560, 640)
_FRAME: Final = QSize(32, 80)
"""Pixels of the screen that stay free around the window."""
_BAR: Final = 10
_ABOVE: Final = 12
"""Pixels of what comes before a topic that stay in sight."""


class HelpWindow(QDialog):
    """Shown beside the conversation, which goes on; it deletes itself when closed."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._topic: Topic | None = None
        self._places: dict[Topic, QWidget] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("What Claude can and cannot see"))
        wanted = QSize(theme.grown(_SIZE.width()), theme.grown(_SIZE.height()))
        self.resize(wanted.boundedTo(self.screen().availableSize() - _FRAME))
        self._scroll = QScrollArea()
        self._scroll.setObjectName("welcome")
        self._scroll.setAccessibleName(self.windowTitle())
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = self._make_page()
        self._scroll.setWidget(self._page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Close), self, self.close)

    @classmethod
    def show_for(cls, theme: Theme, parent: QWidget, topic: Topic | None = None) -> HelpWindow:
        """The window that is open already, or a new one, at a topic."""
        window = parent.findChild(HelpWindow) or cls(theme, parent)
        window.show_topic(topic)
        window.show()
        window.raise_()
        window.activateWindow()
        return window

    def show_topic(self, topic: Topic | None) -> None:
        """Scroll to a topic; to the beginning where none is named."""
        self._topic = topic
        if self.isVisible():
            self._go()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._go()

    def _go(self) -> None:
        page = self._page
        if (layout := page.layout()) is not None:
            page.resize(self._scroll.viewport().width(), layout.heightForWidth(self._scroll.viewport().width()))
            layout.activate()
        top = self._places[self._topic].y() - _ABOVE if self._topic is not None else 0
        self._scroll.verticalScrollBar().setRange(0, max(0, page.height() - self._scroll.viewport().height()))
        self._scroll.verticalScrollBar().setValue(top)
        self._scroll.setFocus()

    def _make_page(self) -> QWidget:
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24 - _BAR, 24)
        column.setSpacing(8)
        column.addWidget(Label(self._theme, self.windowTitle(), role="title", weight=600, wraps=True))
        for section in sections():
            self._add(column, section)
        column.addStretch(1)
        return page

    def _add(self, column: QVBoxLayout, section: Section) -> None:
        heading = Label(self._theme, section.heading, role="heading", weight=600, wraps=True)
        heading.setContentsMargins(0, 16, 0, 0)
        self._places[section.topic] = heading
        column.addWidget(heading)
        for point in section.points:
            self._add_point(column, point)

    def _add_point(self, column: QVBoxLayout, point: Point) -> None:
        if point.title:
            title = Label(self._theme, point.title, weight=500, wraps=True)
            title.setContentsMargins(0, 4, 0, 0)
            column.addWidget(title)
        column.addWidget(Label(self._theme, point.text, tone="secondary", wraps=True))
