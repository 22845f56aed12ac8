"""The states of the ledger's window: full, empty, practice, one chat, each tab."""

from __future__ import annotations

import random
import sqlite3
import time
from decimal import Decimal
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.core import ledger_rows
from app.core.filing import Filing
from app.core.ledger import Call, Caps, Outcome, PictureShare
from app.core.ledger import State as LedgerState
from app.core.message import Usage
from app.core.rows import Conversation
from app.ui.ledger import LedgerWindow
from tests.shots.stage import Stage, State
from tests.stored import add_conversation

_DAY: Final = 86_400
_MODELS: Final = (
    ("claude-sonnet-5-5", 10),
    ("claude-opus-5", 4),
    ("claude-haiku-5-5", 6),
    ("claude-fable-5-2", 1),
    ("an-own-model-with-a-very-long-name-behind-a-company-proxy-2026-11-20", 2),
)
_STATES: Final[tuple[LedgerState, ...]] = ("complete", "stopped", "failed")
_TITLES: Final = (
    "Q3 and Q4 dashboards",
    "Checkout mockups, which one is easier to finish and why, for somebody who has never bought anything here before",
    "تحليل صور الأسطح بعد العاصفة",
    "这两张截图有什么不同？",
    "Invoice scan",
    "",
)


async def _filled(stage: Stage) -> None:
    """A year of requests, some of them of pictures that are here."""
    stage.sample("dashboard-q3.png", "dashboard-q4.png", "chart.png")
    await stage.ask("What has changed between these quarters?", "Revenue grew.")
    shown = [blocks[0] for blocks in stage.chat.messages.messages[0].pictures]
    for number, title in enumerate(_TITLES):
        await add_conversation(stage.tools.store, Conversation(f"c{number}", title=title))
    await Filing(stage.tools.store).discard([f"c{len(_TITLES) - 1}"])
    here = (stage.chat.facts.id, [block.original for block in shown])
    await stage.tools.store.run(partial(_fill, here=here))


def _fill(db: sqlite3.Connection, here: tuple[str, list[str]]) -> None:
    chance = random.Random(11)  # noqa: S311
    now = time.time() - 60
    models, weights = [model for model, _ in _MODELS], [weight for _, weight in _MODELS]
    ages = sorted((chance.expovariate(1 / 25) * _DAY for _ in range(1200)), reverse=True)
    for number, age in enumerate(ages):
        [model] = chance.choices(models, weights)
        conversation = chance.choice([here[0], *(f"c{n}" for n in range(len(_TITLES)))])
        pictures = here[1][: chance.randrange(4)] if conversation == here[0] else ["f" * 64][: chance.randrange(2)]
        _enter(db, f"r{number}", chance, now - age, model, conversation, pictures, practice=chance.random() < 0.1)
    for number in range(3):
        call = Call("models", "api.example", ahead=Decimal(0), at_most=Decimal(0))
        ledger_rows.enter(db, f"m{number}", call, Caps(), now)
        ledger_rows.settle(db, f"m{number}", Outcome("complete", 0.4))
    _enter(db, "last", chance, now, "claude-opus-5", here[0], here[1], practice=False, settled=False)


def _enter(
    db: sqlite3.Connection,
    entry: str,
    chance: random.Random,
    created: float,
    model: str,
    conversation: str,
    pictures: list[str],
    *,
    practice: bool,
    settled: bool = True,
) -> None:
    known = not model.startswith("an-own")
    cost = Decimal(chance.randrange(500, 900_000)) / 10_000_000
    ahead, limit = (cost * chance.randrange(90, 112) / 100, cost * 6) if known else (None, None)
    call = Call("message", "api.example", model, conversation, entry, ahead, limit, practice)
    ledger_rows.enter(db, entry, call, Caps(), created)
    if settled:
        [state] = chance.choices(_STATES, (20, 1, 1))
        usage = Usage(chance.randrange(200), chance.randrange(6000), 0, chance.randrange(20_000), chance.randrange(900))
        saved = cost * chance.randrange(-20, 90) / 100
        shares = tuple(PictureShare(n, key, 2691, cost / 5) for n, key in enumerate(pictures, 1))
        outcome = Outcome(
            state,
            chance.random() * 9,
            usage,
            cost if known else None,
            state == "complete",
            saved if known else None,
            shares,
        )
        ledger_rows.settle(db, entry, outcome)


async def _opened(stage: Stage, tab: int = 0, conversation: str = "", title: str = "") -> LedgerWindow:
    gallery = stage.window._gallery
    window = LedgerWindow.show_for(
        stage.window._theme, stage.tools, gallery, stage.window, conversation=conversation, title=title
    )
    window.resize(stage.window.size())
    window._tabs.setCurrentIndex(tab)
    for _ in range(4):
        await stage.calm()
    return window


async def ledger(stage: Stage) -> QWidget:
    await _filled(stage)
    return await _opened(stage)


async def ledger_empty(stage: Stage) -> QWidget:
    return await _opened(stage)


async def ledger_conversations(stage: Stage) -> QWidget:
    await _filled(stage)
    window = await _opened(stage, 1)
    window._tables[1].setFocus()
    window._tables[1].selectRow(1)
    return window


async def ledger_models(stage: Stage) -> QWidget:
    await _filled(stage)
    window = await _opened(stage, 2)
    window._filters._span.setCurrentIndex(3)
    window._filters._on_span()
    return window


async def ledger_pictures(stage: Stage) -> QWidget:
    await _filled(stage)
    return await _opened(stage, 3)


async def ledger_requests(stage: Stage) -> QWidget:
    await _filled(stage)
    window = await _opened(stage, 4)
    window._say(f"Saved as {stage.folder}/visavis-requests-2026-11-21.csv", str(stage.folder))
    return window


async def ledger_one(stage: Stage) -> QWidget:
    """One conversation alone, and a bar that is pointed at."""
    await _filled(stage)
    window = await _opened(stage, 4, "c2", _TITLES[2])
    window._chart.setFocus()
    QTest.keyClick(window._chart, Qt.Key.Key_Left)
    return window


async def ledger_days(stage: Stage) -> QWidget:
    """Days of one's own choice, in practice."""
    await _filled(stage)
    window = await _opened(stage)
    window._practice.setChecked(True)
    window._filters._span.setCurrentIndex(4)
    window._filters._on_span()
    return window


async def ledger_large(stage: Stage) -> QWidget:
    """Text of twice the size."""
    await _filled(stage)
    stage.tools.preferences.update(text_size=200)
    return await _opened(stage, 1)


async def ledger_mirrored(stage: Stage) -> QWidget:
    """A window that reads from right to left."""
    await _filled(stage)
    window = await _opened(stage, 1)
    window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    return window


STATES: Final[dict[str, State]] = {
    "ledger": ledger,
    "ledger-empty": ledger_empty,
    "ledger-conversations": ledger_conversations,
    "ledger-models": ledger_models,
    "ledger-pictures": ledger_pictures,
    "ledger-requests": ledger_requests,
    "ledger-one": ledger_one,
    "ledger-days": ledger_days,
    "ledger-large": ledger_large,
    "ledger-mirrored": ledger_mirrored,
}
