"""Quiet notes on what is asked of a picture: said once where it matters, and not again where that is wished."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from app.conversation.chat import Chat
from app.conversation.preferences import Preferences
from app.core.cautions import Caution, cautions
from app.ui.help.words import Topic
from app.ui.notes import Choice, Notes, Said

translate = QCoreApplication.translate


class Cautions:
    """Keeps the notes true while a question is written; one at a time, so that it stays quiet."""

    def __init__(self, notes: Notes, preferences: Preferences, open_help: Callable[[Topic], object]) -> None:
        self._notes = notes
        self._preferences = preferences
        self._open_help = open_help
        self._chat: Chat | None = None
        self._away: set[tuple[str, Caution]] = set()
        """By conversation: what was dismissed there."""
        self._shown: tuple[Caution, Said] | None = None
        notes.dismissed.connect(self._dismiss)

    def set_chat(self, chat: Chat) -> None:
        """Follow another conversation's question."""
        self._chat = chat
        self._forget()
        self.update()

    def update(self) -> None:
        """Say what holds now."""
        if self._chat is None:
            return
        wanted = self._wanted(self._chat)
        if self._shown is not None and self._shown[0] == wanted:
            return
        self._forget()
        if wanted is not None:
            said = self._said(wanted)
            self._shown = wanted, said
            self._notes.add(said)

    def _wanted(self, chat: Chat) -> Caution | None:
        if not chat.draft.pictures and not chat.messages.pictures:
            return None
        off = self._preferences.settings.advice_off.split()
        found = (c for c in cautions(chat.draft.text) if c not in off and (chat.facts.id, c) not in self._away)
        return next(found, None)

    def _said(self, caution: Caution) -> Said:
        more = Choice(translate("cautions", "More"), lambda: self._more(caution))
        never = Choice(translate("cautions", "Don't say again"), lambda: self._never(caution))
        return Said(_words(caution), (more, never), of_message=True, quiet=True, about=("asked", caution))

    def _more(self, caution: Caution) -> None:
        self._put_away(caution)
        self._open_help(caution)

    def _never(self, caution: Caution) -> None:
        off = self._preferences.settings.advice_off.split()
        self._preferences.update(advice_off=" ".join(sorted({*off, caution})))
        self._put_away(caution)

    def _put_away(self, caution: Caution) -> None:
        if self._chat is not None:
            self._away.add((self._chat.facts.id, caution))
        self._shown = None

    def _dismiss(self, said: Said) -> None:
        if self._shown is not None and self._shown[1] is said:
            self._put_away(self._shown[0])

    def _forget(self) -> None:
        if self._shown is not None:
            self._notes.forget(("asked", self._shown[0]))
            self._shown = None


def _words(caution: Caution) -> str:
    return {
        "person": translate("cautions", "Claude does not say who somebody is. Ask what they do or wear."),
        "count": translate("cautions", "Counts of many small things are estimates."),
        "place": translate("cautions", "Exact places, clocks and boards are often misread: check them."),
        "medical": translate("cautions", "Scans are not for Claude to interpret; its words replace no doctor."),
        "made": translate("cautions", "Claude cannot tell whether a picture is genuine."),
    }[caution]
