"""The states of the context shelf: closed, open with one, several and many pictures, in every form, and describing."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QItemSelectionModel

from app.conversation.attachment import Source
from app.core.shelf import Form, described
from app.ui.shelf import ShelfBar
from tests import pictures
from tests.shots.stage import Stage, State

_ANSWER: Final = """Image 2 is the better of the two: it says **one thing**.

Image 1 shows revenue, refunds and orders of the third quarter side by side; the eye finds no beginning.

Image 2 shows the fourth quarter: revenue of $4.86 M in large figures, refunds of 2.4 % below, and no *Returns* panel.
"""


async def closed(stage: Stage) -> None:
    """The line above the composer."""
    stage.sample("dashboard-q3.png", "dashboard-q4.png", "chart.png", "checkout-a.png", "checkout-b.png")
    await stage.ask("Which of these would you show to a board?", _ANSWER)
    stage.attach(Source(data=pictures.jpeg(1600, 1200), name="roof.jpg"), Source(data=pictures.png(900, 6000), name=""))
    await stage.ask("And these?", "Image 6 is a roof. Image 7 is a long page.")


async def one(stage: Stage) -> None:
    stage.sample("dashboard-q3.png")
    await stage.ask("What does this say?", "Revenue grew, refunds fell.")
    await _opened(stage, 0)


async def several(stage: Stage) -> None:
    """Leaving out a picture whose prompt is in the cache."""
    await closed(stage)
    await _opened(stage, 1)


async def forms(stage: Stage) -> None:
    """Pictures that are described and left out, two of them chosen; one attached to the next message."""
    await closed(stage)
    stage.window._shelf.shelf.arrange({2: described("Revenue of $4.86 M, refunds of 2.4 %."), 4: Form("left_out")})
    await stage.until(lambda: not stage.chat.worker.busy)
    stage.sample("chart.png")
    await stage.ready()
    await _opened(stage, 1, 2)


async def many(stage: Stage) -> None:
    """Sixty pictures, all chosen."""
    for turn in range(3):
        data = ((f"photo {n}.jpg", pictures.jpeg(800 + 20 * turn + n, 600)) for n in range(20))
        stage.attach(*(Source(data=bytes_, name=name) for name, bytes_ in data))
        await stage.ask("What is on these?", "Gardens, all of them.")
    bar = await _opened(stage)
    bar.panel.strip.selectAll()
    await stage.calm()


async def describing(stage: Stage) -> None:
    """Words to pick from, and what they save."""
    await closed(stage)
    bar = await _opened(stage, 1)
    bar.panel.describe()
    await stage.calm()


async def practising(stage: Stage) -> None:
    await stage.tools.account.set_practice(on=True)
    await closed(stage)
    await _opened(stage, 0)


async def _opened(stage: Stage, *rows: int) -> ShelfBar:
    """The shelf with the pictures of these rows chosen."""
    bar = stage.window._shelf
    await stage.until(lambda: bar.shelf.rows)
    bar.toggle()
    await stage.calm()
    strip = bar.panel.strip
    for row in rows:
        strip.selectionModel().select(strip.rows.index(row), QItemSelectionModel.SelectionFlag.Select)
    await stage.calm()
    return bar


STATES: Final[dict[str, State]] = {
    "shelf": closed,
    "shelf-one": one,
    "shelf-open": several,
    "shelf-forms": forms,
    "shelf-many": many,
    "shelf-describing": describing,
    "shelf-practice": practising,
}
