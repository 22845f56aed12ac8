"""The states that are shown: each brings the window there as a person would."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QDialog, QWidget

from app.conversation.attachment import Source
from tests import pictures
from tests.servers.replies import error, text
from tests.shots import bill_states, ledger_states, money_states, picture_states, shelf_states, transcript_states
from tests.shots.stage import Stage, State

_ANSWER: Final = """The two quarters differ in **three places**; Image 2 is the better one.

| | Q3 (Image 1) | Q4 (Image 2) |
|---|---:|---:|
| Revenue | $4.21 M | $4.86 M |
| Refunds | 3.1 % | 2.4 % |
| Orders | 18,204 | 20,377 |

1. **Revenue** grew by 15.4 %.
2. **Refunds** fell by 0.7 points, although orders rose.
3. The *Returns* panel of Image 1 is gone in Image 2.
"""


async def empty(_stage: Stage) -> None:
    return None


async def next_message(stage: Stage) -> QWidget:
    stage.sample("dashboard-q3.png", "dashboard-q4.png")
    stage.chat.draft.propose("What has changed between these two quarters?")
    await stage.ready()
    return stage.window._composer


async def conversation(stage: Stage) -> None:
    stage.sample("dashboard-q3.png", "dashboard-q4.png")
    await stage.ask("What has changed between these two quarters?", _ANSWER)


async def streaming(stage: Stage) -> None:
    stage.sample("checkout-a.png", "checkout-b.png")
    stage.api.script(text(_ANSWER, chunks=60).hold("content_block_delta", 40))
    stage.chat.draft.propose("Which checkout is easier to finish, and why?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.worker.phase == "streaming")
    for _ in range(3):
        await stage.calm()


async def attached(stage: Stage) -> None:
    """Each kind of tile: shrunk, turned, tall, small, animated."""
    data = (
        ("roof.jpg", pictures.jpeg(4032, 3024, orientation=6)),
        ("a very long name of a screenshot, 2026-11-20 at 17.31.png", pictures.png(3840, 2160)),
        ("long page.png", pictures.png(900, 6000)),
        ("icon.png", pictures.png(120, 90)),
        ("spinner.gif", pictures.animation("GIF")),
    )
    stage.attach(*(Source(data=bytes_, name=name) for name, bytes_ in data))
    stage.chat.draft.propose("Read the small print in Image 2.")
    await stage.ready()


async def many(stage: Stage) -> None:
    stage.attach(*(Source(data=pictures.jpeg(1600 + n, 1200), name=f"photo {n}.jpg") for n in range(30)))
    await stage.ready()


async def refused(stage: Stage) -> None:
    stage.attach(
        Source(data=b"PK\x03\x04 not a picture", name="report.docx"),
        Source(data=pictures.png(640, 480)[:200], name="half.png"),
        Source(data=pictures.png(640, 480), name="whole.png"),
    )
    await stage.until(lambda: len(stage.chat.draft.pictures) == 1)
    await stage.ready()
    for _ in range(3):
        await stage.calm()


async def failed(stage: Stage) -> None:
    stage.sample("chart.png")
    stage.api.script(error(400, "invalid_request_error", "messages.0.content.0.image.source.base64: bad picture"))
    stage.chat.draft.propose("What does this chart say?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: len(stage.chat.messages.messages) == 2 and not stage.chat.worker.busy)


async def viewer(stage: Stage) -> None:
    await conversation(stage)
    stage.window._dialogs.sent_picture(1)
    for _ in range(3):
        await stage.calm()


async def settings(stage: Stage) -> QWidget:
    stage.window._dialogs.settings()
    await stage.calm()
    return stage.window.findChildren(QDialog)[0]


STATES: Final[dict[str, State]] = {
    "empty": empty,
    "next-message": next_message,
    "conversation": conversation,
    "streaming": streaming,
    "attached": attached,
    "many": many,
    "refused": refused,
    "failed": failed,
    "viewer": viewer,
    "settings": settings,
    **transcript_states.STATES,
    **picture_states.STATES,
    **bill_states.STATES,
    **ledger_states.STATES,
    **money_states.STATES,
    **shelf_states.STATES,
}
