"""The states about money: the list of models with the next message on each, settings, own prices, caps."""

from __future__ import annotations

import random
import sqlite3
import time
from decimal import Decimal
from typing import Final

from PySide6.QtWidgets import QScrollArea, QWidget

from app.conversation.attachment import Source
from app.core import ledger_rows
from app.core.catalog import ListedModel
from app.core.errors import CapReached
from app.core.ledger import Call, Caps, Outcome, Period
from app.core.message import Usage
from app.ui.own_price_dialog import OwnPriceDialog
from app.ui.settings_dialog import SettingsDialog
from tests import pictures
from tests.shots.stage import Stage, State

_LONG: Final = "an-own-model-with-a-very-long-name-behind-a-company-proxy-2026-11-20"
_PRICES: Final = {
    "claude-opus-5-5": {"input": "3.6", "output": "18"},
    _LONG: {"input": "1.5", "output": "7.5", "cache_read": "0.075", "tier": "standard", "context_window": 128_000},
    "local-vision": {
        "input": "0",
        "output": "0",
        "cache_write_5m": "0",
        "cache_write_1h": "0",
        "cache_read": "0",
        "name": "Local vision",
        "context_window": 1000,
    },
}


async def models(stage: Stage) -> QWidget:
    """What the next message would be on each, with pictures in the history and in the draft."""
    stage.tools.preferences.update(prices=_PRICES)
    stage.tools.account.join_models(
        [ListedModel(model.id) for model in stage.tools.account.catalog.models if model.known]
        + [ListedModel("text-only", "A model without eyes", takes_pictures=False)]
    )
    stage.attach(
        Source(data=pictures.png(3840, 2160), name="wide.png"), Source(data=pictures.png(2000, 2400), name="tall.png")
    )
    await stage.ask("What differs between these two screens?", "The second one is taller. " * 40)
    stage.attach(Source(data=pictures.png(2560, 1440), name="next.png"))
    stage.chat.draft.propose("And this one?")
    await stage.ready()
    return await _opened_list(stage)


async def models_empty(stage: Stage) -> QWidget:
    return await _opened_list(stage)


async def _opened_list(stage: Stage) -> QWidget:
    picker = stage.window._top_bar.picker
    picker.open_list()
    await stage.until(lambda: not picker._list._waiting)
    await stage.calm()
    return picker._list


async def money(stage: Stage) -> None:
    stage.tools.preferences.update(prices=_PRICES, cap_day="2", cap_conversation="0.5", cache_ttl="1h")
    await stage.tools.store.run(_fill)
    await _opened_settings(stage, "month")


async def money_end(stage: Stage) -> None:
    """The page's end, with an amount that cannot be read."""
    await money(stage)
    dialog = stage.window.findChildren(SettingsDialog)[0]
    field = dialog._money._caps["day"]
    field.setText("two")
    field.textEdited.emit("two")
    field.editingFinished.emit()
    await stage.calm()
    page = dialog._pages.currentWidget()
    if isinstance(page, QScrollArea):
        page.verticalScrollBar().setValue(10_000)


async def money_first(stage: Stage) -> None:
    await _opened_settings(stage)


async def own_price(stage: Stage) -> QWidget:
    stage.tools.preferences.update(prices=_PRICES)
    return await _opened_price(stage, _LONG)


async def own_price_known(stage: Stage) -> QWidget:
    """Of a model of the table, half written, with a slip."""
    dialog = await _opened_price(stage, "claude-opus-5-5")
    dialog._input.setText("3.6")
    dialog._output.setText("18,,")
    return dialog


async def own_price_new(stage: Stage) -> QWidget:
    return await _opened_price(stage, "")


async def _opened_price(stage: Stage, model_id: str) -> OwnPriceDialog:
    (await _opened_settings(stage)).show_price(model_id)
    await stage.calm()
    return stage.window.findChildren(OwnPriceDialog)[0]


async def cap(stage: Stage) -> None:
    await _refused(stage, CapReached("day", "2.00", "1.95", "0.1747"))


async def cap_unknown(stage: Stage) -> None:
    await _refused(stage, CapReached("month", "20", "3.2", ""))


async def _refused(stage: Stage, error: CapReached) -> None:
    stage.sample("chart.png")
    await stage.ask("What does this chart say?", "Revenue grew.")
    stage.chat.worker.refused.emit(error)
    stage.chat.draft.propose("And what does it leave out?")


async def _opened_settings(stage: Stage, period: Period | None = None) -> SettingsDialog:
    dialog = stage.window._dialogs.settings()
    dialog.show_money(period or "")
    await stage.until(dialog._money._accuracy.text)
    await stage.calm()
    return dialog


def _fill(db: sqlite3.Connection) -> None:
    chance = random.Random(11)  # noqa: S311
    for number in range(40):
        cost = Decimal(chance.randrange(500, 90_000)) / 1_000_000
        ahead = cost * chance.randrange(90, 112) / 100
        call = Call("message", "api.example", "claude-sonnet-5-5", "c", str(number), ahead, cost * 6)
        ledger_rows.enter(db, str(number), call, Caps(), time.time())
        outcome = Outcome("complete", 1.0, Usage(100, 100, 0, 100, 100), cost)
        ledger_rows.settle(db, str(number), outcome)


STATES: Final[dict[str, State]] = {
    "models": models,
    "models-empty": models_empty,
    "money": money,
    "money-end": money_end,
    "money-first": money_first,
    "own-price": own_price,
    "own-price-known": own_price_known,
    "own-price-new": own_price_new,
    "cap": cap,
    "cap-unknown": cap_unknown,
}
