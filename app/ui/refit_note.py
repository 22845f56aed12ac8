"""The note above the composer: which earlier pictures the next message makes anew, and what it then costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QMetaObject, QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.conversation.chat import Chat
from app.core.refit import Reason, Refit
from app.ui import figures
from app.ui.label import Label
from app.ui.theme import COMPOSER, RADIUS, Theme

translate = QCoreApplication.translate

_SIDE: Final = 8
"""Pixels at either side, as the composer has them for its shadow: both cards are of one width."""


class RefitNote(QFrame):
    """Stands as long as the next message makes pictures of earlier turns anew; Send does that, in one batch."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chat: Chat | None = None
        self._link: QMetaObject.Connection | None = None
        self._words = Label(theme, role="secondary", wraps=True)
        self.setMaximumWidth(COMPOSER + 2 * _SIDE)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.addWidget(self._words, 1)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    @property
    def text(self) -> str:
        return self._words.text() if not self.isHidden() else ""

    def set_chat(self, chat: Chat) -> None:
        if self._link is not None:
            QObject.disconnect(self._link)
        self._chat = chat
        self._link = chat.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        chat = self._chat
        if chat is None or not chat.refits:
            self.hide()
            return
        words = self._sentence(chat)
        if words == self.text:
            return
        self._words.setText(words)
        self.show()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def _sentence(self, chat: Chat) -> str:
        numbers = {refit.number for refit in chat.refits}
        model, limits = chat.model, chat.limits
        reason, _ = Counter(_reason(refit, limits.many_edge) for refit in chat.refits).most_common(1)[0]
        why = {
            "edge_of_tier": self.tr("%1 takes smaller pictures.").replace("%1", model.name),
            "edge_of_many": self.tr("With more than %1 pictures, none may be larger than %2 px.")
            .replace("%1", str(limits.many_images))
            .replace("%2", figures.count(limits.many_edge)),
            "edge": self.tr("No picture may be larger than %1 px.").replace("%1", figures.count(limits.max_edge)),
            "picture_bytes": self.tr("A picture has too many bytes for the server."),
            "request_bytes": self.tr("All pictures together have too many bytes for one message."),
            "missing_picture": self.tr("What was sent is no longer in the data folder."),
            "media_type": self.tr("A picture was sent under a wrong format."),
            "same_as": self.tr("The picture it is the same as is left out."),
            "shrink": self.tr("It is to be smaller."),
            "expired_file": self.tr("The server keeps some pictures no longer."),
        }.get(reason, self.tr("A picture cannot go as it went before."))
        done = self.tr("Sending makes Image %1 anew from its original.")
        if len(numbers) > 1:
            done = self.tr("Sending makes %1 earlier pictures anew from their originals.")
        done = done.replace("%1", figures.count(len(numbers)) if len(numbers) > 1 else str(*numbers))
        ahead = chat.draft.estimate.next
        if ahead is None:
            return f"{why} {done}"
        price = self.tr("The next message is then about %1, as nothing is cached yet.")
        return f"{why} {done} {price.replace('%1', figures.dollars(ahead))}"

    def _dress(self) -> None:
        self.setStyleSheet(
            f"RefitNote {{ background: {self._theme.tokens.on_warn}; border-radius: {RADIUS['control']}px;"
            f"margin: 0 {_SIDE}px; }}"
        )
        self._words.setStyleSheet(f"color: {self._theme.tokens.warn};")


def making_anew(refits: Sequence[Refit]) -> str:
    """What is being done while pictures are made anew before a message goes."""
    count = len({refit.number for refit in refits})
    if only_smaller(refits):
        one, many = translate("refit", "Making 1 picture smaller…"), translate("refit", "Making %1 pictures smaller…")
    else:
        one, many = translate("refit", "Making 1 picture anew…"), translate("refit", "Making %1 pictures anew…")
    return one if count == 1 else many.replace("%1", figures.count(count))


def only_smaller(refits: Sequence[Refit]) -> bool:
    """Whether nothing is done to the pictures but that they become smaller."""
    smaller = {"edge", "edge_of_many", "edge_of_tier", "picture_bytes", "request_bytes", "shrink"}
    return all(refit.reason in smaller for refit in refits)


def _reason(refit: Refit, many_edge: int) -> Reason:
    """Why, as the person has brought it about: what the model takes below the limit for many pictures is its choice."""
    if refit.reason == "edge_of_many" and all(max(i.width, i.height) < many_edge for i in refit.images):
        return "edge_of_tier"
    return refit.reason
