"""Buttons by keyboard: Enter presses the focused one as Space does, which Qt leaves to the desktop.

In a dialog that has a default button, Enter on a radio button or a check box is meant for that one.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QPushButton, QRadioButton

_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


def press_focused(event: QKeyEvent) -> bool:
    """Press the focused button if the key is Enter; whether it was."""
    button = QApplication.focusWidget()
    if event.key() not in _ENTER or event.isAutoRepeat() or not isinstance(button, QAbstractButton):
        return False
    if isinstance(button, QRadioButton | QCheckBox) and _has_default(button):
        return False
    button.click()
    return True


def _has_default(button: QAbstractButton) -> bool:
    window = button.window()
    others = window.findChildren(QPushButton)
    return any(each.isDefault() and each.isEnabled() and each.window() is window for each in others)
