"""Buttons by keyboard: Enter presses the focused one as Space does, which Qt leaves to the desktop."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication

_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


def press_focused(event: QKeyEvent) -> bool:
    """Press the focused button if the key is Enter; whether it was."""
    button = QApplication.focusWidget()
    if event.key() not in _ENTER or event.isAutoRepeat() or not isinstance(button, QAbstractButton):
        return False
    button.click()
    return True
