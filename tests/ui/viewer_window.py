"""A window with the viewer over it, for its tests: real pictures in a real conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.ui.theme import Theme
from app.ui.viewer import open_draft, open_sent
from app.ui.viewer.canvas import PictureCanvas
from app.ui.viewer.view import Viewer

NONE: Final = Qt.KeyboardModifier.NoModifier


class Window(QWidget):
    """Takes every key nobody else wants, as the main window does for the composer; a field has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""
        self.field = QLineEdit()
        QVBoxLayout(self).addWidget(self.field)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.typed += event.text()


class Room:
    """Opens the viewer on a conversation."""

    def __init__(self, theme: Theme, gallery: Gallery, tools: Tools, chat: Chat, window: Window, qtbot: QtBot) -> None:
        self.gallery, self.tools, self.chat, self.window = gallery, tools, chat, window
        self._theme, self._qtbot = theme, qtbot

    def draft(self, row: int = 0, *, mark: bool = False) -> Viewer:
        """On a picture of the draft, as soon as it is seen."""
        open_draft(self._theme, self.gallery, self.tools, self.chat, row, self.window, mark=mark)
        return self._opened()

    def sent(self, number: int = 1) -> Viewer:
        """On a picture that was sent."""
        open_sent(self._theme, self.gallery, self.tools, self.chat, number, self.window)
        return self._opened()

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=20_000)

    def _opened(self) -> Viewer:
        viewer = self.window.findChildren(Viewer)[-1]
        self.until(lambda: not canvas(viewer).empty or canvas(viewer).text)
        return viewer


def canvas(viewer: Viewer) -> PictureCanvas:
    return viewer._canvas


def chip(viewer: Viewer) -> str:
    return viewer._heading._chip.accessibleName()


def texts(viewer: QWidget) -> list[str]:
    return [label.text() for label in viewer.findChildren(QLabel) if label.isVisible()]


def fact(viewer: Viewer, caption: str) -> str:
    names = [label.accessibleName() for label in viewer.findChildren(QLabel)]
    return next(name.partition(": ")[2] for name in names if name.startswith(f"{caption}: "))


def button(viewer: Viewer, name: str) -> QPushButton:
    return next(b for b in viewer.findChildren(QPushButton) if b.accessibleName().startswith(name))


def key(viewer: Viewer, pressed: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(viewer.window().focusWidget(), pressed, modifiers)


def grabbed(viewer: Viewer) -> QImage:
    return canvas(viewer).grab().toImage()


def wheel(view: QWidget, at: QPointF, steps: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Turn the wheel by so many notches, as the desktop reports it."""
    in_window = QPointF(view.mapTo(view.window(), QPoint())) + at
    QTest.wheelEvent(view.window().windowHandle(), in_window, QPoint(0, 120 * steps), QPoint(), modifiers)
    QApplication.processEvents()
