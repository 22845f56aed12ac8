"""The states of the bill under an answer: cached, missed, stopped, in practice."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.transcript.bill_details import BillDetails
from app.ui.transcript.foot_row import FootRow
from tests.servers.replies import text
from tests.shots.stage import Stage, State

_ANSWER: Final = "Revenue grew by 15.4 %, refunds fell by 0.7 points, although orders rose."


async def _asked_twice(stage: Stage) -> None:
    stage.sample("dashboard-q3.png", "dashboard-q4.png")
    await stage.ask("What has changed between these two quarters?", _ANSWER)
    await stage.ask("And which of the two is better for a board meeting?", "Image 2: it says one thing.")


async def missed(stage: Stage) -> None:
    """The line that says so."""
    await _asked_twice(stage)
    stage.chat.set_model("claude-opus-5-5")
    await stage.ask("What would you change in it?", "The legend: it repeats what the axis says.")


async def warned(stage: Stage) -> QWidget:
    """Before it is sent: the line under the message, and what its tooltip says."""
    await _asked_twice(stage)
    stage.chat.set_model("claude-opus-5-5")
    stage.chat.draft.propose("What would you change in it?")
    await stage.ready()
    print(stage.window._composer._line.toolTip())
    return stage.window._composer


async def bill_cached(stage: Stage) -> QWidget:
    await _asked_twice(stage)
    return await _opened(stage)


async def bill_missed(stage: Stage) -> QWidget:
    await missed(stage)
    return await _opened(stage)


async def bill_stopped(stage: Stage) -> QWidget:
    stage.sample("dashboard-q3.png")
    stage.api.script(text(_ANSWER).hold("content_block_delta", 2))
    stage.chat.draft.propose("What is this?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.worker.phase == "streaming")
    await stage.calm()
    stage.chat.worker.stop()
    await stage.until(lambda: not stage.chat.worker.busy)
    return await _opened(stage)


async def bill_practice(stage: Stage) -> QWidget:
    await stage.tools.account.set_practice(on=True)
    await _asked_twice(stage)
    return await _opened(stage)


async def _opened(stage: Stage) -> QWidget:
    """The bill of the last answer."""
    await stage.calm()
    foot = max((f for f in stage.window.findChildren(FootRow) if f.isVisible()), key=lambda foot: foot.y())
    QTest.keyClick(foot._bill, Qt.Key.Key_Return)
    await stage.calm()
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, BillDetails) and w.isVisible())


STATES: Final[dict[str, State]] = {
    "missed": missed,
    "warned": warned,
    "bill-cached": bill_cached,
    "bill-missed": bill_missed,
    "bill-stopped": bill_stopped,
    "bill-practice": bill_practice,
}
