"""Visavis in a process of its own, watched from inside: a line on stdout tells what has come to pass.

Arguments: what to watch for, then the app's own. The app runs as it does for a person; its window's class alone is
one that begins the watch when it is shown. Keys and drops are posted to the window as the platform would post them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from app import __main__ as command_line

command_line.load_core()
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QListView, QPlainTextEdit, QTextEdit, QWidget

from app import window as app_window

CONVERSATIONS = 200


class Start(QObject):
    """Says "ready" when the sidebar's rows have been painted and a key typed then has become text."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._list = window.findChild(QListView, "conversations")
        self._list.installEventFilter(self)
        self._edit = window.focusWidget()
        self._edit.textChanged.connect(self._typed)

    def _typed(self) -> None:
        if self._edit.toPlainText() == "a":
            print("ready", flush=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._list.indexAt(QPoint(40, 60)).isValid():
            watched.removeEventFilter(self)
            type_key(self._window, Qt.Key.Key_A, "a")
        return False


def named(window: QWidget, kind: type, name: str):
    return next(each for each in window.findChildren(kind) if each.accessibleName() == name)


def editor(window: QWidget):
    return named(window, QWidget, "Message")


def type_key(window: QWidget, key: Qt.Key, text: str) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
    QCoreApplication.postEvent(window.windowHandle(), event)


def main() -> None:
    watch = {"start": Start}[sys.argv[1]]

    class Watched(app_window.MainWindow):
        def showEvent(self, event: QShowEvent) -> None:
            super().showEvent(event)
            self.watch = watch(self)

    app_window.MainWindow = Watched  # type: ignore[misc]  # the one seam
    sys.exit(command_line.main(sys.argv[2:]))
