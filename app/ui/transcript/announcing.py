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


def end_behind(of: QWidget, answer: Message, title: str) -> None:
    """The same of one in a conversation that is not open now."""
    if answer.state == "complete":
        words = translate("announcing", "The answer in “%1” is complete")
    elif answer.state == "failed":
        words = translate("announcing", "The answer in “%1” has failed")
    else:
        words = translate("announcing", "The answer in “%1” has ended")
    _announce(of, words.replace("%1", title))


def not_sent_behind(of: QWidget, title: str) -> None:
    """Nothing left a conversation that is not open now."""
    _announce(of, translate("announcing", "In “%1” nothing was sent").replace("%1", title))


def copied(of: QWidget) -> None:
    """Say that what was asked for is on the clipboard: to see it, one would have to look at the button."""
    _announce(of, translate("announcing", "Copied"))


def _announce(of: QWidget, words: str) -> None:
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(of, words))
