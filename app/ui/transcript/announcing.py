"""What a screen reader is told of an answer: that it begins, and that it has ended; while it streams, nothing."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from app.core.message import Message

translate = QCoreApplication.translate


def begin(of: QWidget, message: Message) -> None:
    """Say that an answer begins; of a question nothing."""
    if message.role == "assistant":
        _announce(of, translate("announcing", "Claude is answering"))


def end(of: QWidget, answer: Message) -> None:
    if answer.state == "complete":
        _announce(of, translate("announcing", "The answer is complete"))
    else:
        _announce(of, translate("announcing", "The answer has ended"))


def copied(of: QWidget) -> None:
    """Say that what was asked for is on the clipboard: to see it, one would have to look at the button."""
    _announce(of, translate("announcing", "Copied"))


def _announce(of: QWidget, words: str) -> None:
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(of, words))
