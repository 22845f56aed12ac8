"""The ledger's window over a real ledger, for its tests."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Final

from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core import ledger_rows
from app.core.ledger import Call, Caps, Outcome, PictureShare
from app.core.message import Usage
from app.ui.ledger import LedgerWindow
from app.ui.ledger.table import LedgerTable
from app.ui.ledger.words import day as day_words
from app.ui.theme import Theme

DAY: Final = 86_400
TABS: Final = {"day": 0, "conversation": 1, "model": 2, "picture": 3, "request": 4}


class Entering:
    """Puts requests into the ledger and says so."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._numbers: Iterator[int] = count()

    def __call__(
        self,
        cost: str | None = "0.1",
        *,
        ago: float = 0,
        model: str = "claude-sonnet-5-5",
        conversation: str = "c",
        saved: str | None = None,
        practice: bool = False,
        settled: bool = True,
        at_most: str | None = "0.5",
        exact: bool = True,
        pictures: tuple[str, ...] = (),
        times: int = 1,
        quietly: bool = False,
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            for _ in range(times):
                entry = f"r{next(self._numbers)}"
                limit = None if at_most is None else Decimal(at_most)
                call = Call("message", "api.example", model, conversation, "m", Decimal("0.09"), limit, practice)
                ledger_rows.enter(db, entry, call, Caps(), time.time() - ago)
                if settled:
                    shares = tuple(PictureShare(n, key, 1500, Decimal("0.01")) for n, key in enumerate(pictures, 1))
                    amount = None if cost is None else Decimal(cost)
                    gain = None if saved is None else Decimal(saved)
                    outcome = Outcome("complete", 1.5, Usage(10, 20, 0, 30, 40, 5), amount, exact, gain, shares)
                    ledger_rows.settle(db, entry, outcome)

        self._tools.store._submit(work).result()
        if not quietly:
            self._tools.spending.changed.emit()


class Opening:
    """Opens the window on one of its tabs; `asked` has the conversations that it wanted to be opened."""

    def __init__(self, theme: Theme, tools: Tools, gallery: Gallery, parent: QWidget, qtbot: QtBot) -> None:
        self._theme, self._tools, self._gallery, self.parent, self._qtbot = theme, tools, gallery, parent, qtbot
        self.asked: list[str] = []

    def __call__(
        self, tab: str = "day", *, conversation: str = "", title: str = "", practice: bool = False
    ) -> LedgerWindow:
        window = LedgerWindow.show_for(
            self._theme,
            self._tools,
            self._gallery,
            self.parent,
            open_conversation=self.asked.append,
            conversation=conversation,
            title=title,
            practice=practice,
        )
        window._tabs.setCurrentIndex(TABS[tab])
        self.settle()
        return window

    def settle(self) -> None:
        """Until all that was asked for has been read and painted."""
        self._qtbot.waitUntil(lambda: not self._tools.tasks._running)
        QGuiApplication.processEvents()
        self._qtbot.waitUntil(lambda: not self._tools.tasks._running)


def table(window: LedgerWindow) -> LedgerTable:
    return window._tables[window._tabs.currentIndex()]


def rows(window: LedgerWindow) -> list[list[str]]:
    """What the table in view says."""
    shown = table(window)
    model = shown.model()
    return [
        [shown._cells.words(model.index(row, column)) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def said(window: LedgerWindow) -> list[str]:
    return [label.text() for label in window.findChildren(QLabel) if label.isVisible() and label.text()]


def day_name(day: QDate) -> str:
    return day_words(day.toString(Qt.DateFormat.ISODate))
