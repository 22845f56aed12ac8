"""The states of the conversation: each kind of row, what is unfolded, selected, found, edited, brought back."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.core.message import Message, ReplyBlock
from app.ui.transcript import Transcript
from app.ui.transcript.bill_details import BillDetails
from app.ui.transcript.content import Foot
from app.ui.transcript.foot_row import SILENCE
from app.ui.transcript.places import Place
from tests import transcripts
from tests.servers.replies import text
from tests.shots.stage import Stage, State

_ANSWER: Final = """## What is in the two pictures

Image 1 is the **third quarter**, Image 2 the *fourth*. Three things differ, and one of them matters: the refunds,
see [the definition](https://example.org/refunds "What counts as one"), which are `sum(refunds) / sum(orders)`.

| | Q3 (Image 1) | Q4 (Image 2) |
|---|---:|---:|
| Revenue | $4.21 M | $4.86 M |
| Refunds | 3.1 % | 2.4 % |
| Orders | 18,204 | 20,377 |

1. **Revenue** grew by 15.4 %.
2. **Refunds** fell by 0.7 points, although orders rose.
   - [x] counted by day
   - [ ] counted by country
3. The *Returns* panel is ~~larger~~ gone.

> Refunds that are not yet paid out are left out, as they are in the report of the year.

```python
def share(refunds: list[float], orders: list[float]) -> float:
    \"\"\"How much of what was sold came back.\"\"\"
    return sum(refunds) / sum(orders)  # both in dollars
```

### In short

The growth is $g = \\frac{4.86}{4.21} - 1 \\approx 15.4\\,\\%$, at a price of $5 to $10 an order.
"""
_CODE: Final = """Four languages, and one very long line:

```python
values = [NUMBERS]
for value in values:
    print(f"{value:>4}")
```

```sql
select region, count(*) as orders
from sales where returned is null  -- not those on their way
group by region order by orders desc limit 20;
```

```json
{"revenue": 4.86, "refunds": [2.4, 3.1], "final": true, "note": null}
```

```
no language at all
```

```bash
for f in *.png; do convert "$f" -resize 50% "small-$f"; done
```
""".replace("NUMBERS", ", ".join(map(str, range(80))))
_WIDE: Final = (
    "All twelve months, by region:\n\n| Region | "
    + " | ".join(f"{month} 2026" for month in ("January", "February", "March", "April", "May", "June", "July"))
    + " | August | September | October | November | December |\n|---|"
    + "---:|" * 12
    + "\n"
    + "".join(
        f"| {region} | " + " | ".join(f"{(n + 3) * 17_003 % 90_001:,}" for n in range(12)) + " |\n"
        for region in ("Northern highlands", "Coast", "Islands and what belongs to them", "Old town", "Harbour")
    )
    + "\nOnly the coast has grown in every month."
)
_MATHS: Final = r"""The mean is $\bar{x} = \frac{1}{n}\sum_{i=1}^{n} x_i$,
its error $\sigma_{\bar{x}} = \sigma / \sqrt{n}$:

$$
\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}
$$

With \(\alpha \le \beta\) the matrix is

$$
A = \begin{pmatrix} 1 & 0 \\ \alpha & \beta \end{pmatrix}
$$

It costs $5 and $10: that is no formula. What cannot be drawn, $\unknown{x}$, is shown as it was written.
"""
_RTL: Final = """## סיכום התמונות

בתמונה 1 יש כפתור **כחול** בצד ימין, ובתמונה Image 2 הוא גדול יותר:

- הכותרת קטנה
- `margin: 4px` נשאר

| חלק | לפני | אחרי |
|---|---|---|
| כפתור | 12 | 16 |

هذه صورة **صغيرة** في أعلى الشاشة، والسطر الثاني أطول من الأول بكثير حتى يلتف النص.

图上左边的按钮更大，右边的标题更小。👩🏽‍🔬 ✅
"""


def _transcript(stage: Stage) -> Transcript:
    return stage.window.findChildren(Transcript)[0]


async def _answered(stage: Stage, answer: str, question: str = "What has changed between these two?") -> Transcript:
    await stage.ask(question, answer)
    for _ in range(3):
        await stage.calm()
    return _transcript(stage)


async def _about_two(stage: Stage, answer: str) -> Transcript:
    stage.sample("dashboard-q3.png", "dashboard-q4.png")
    return await _answered(stage, answer)


# --- rows ---------------------------------------------------------------------------------------


async def long_answer(stage: Stage) -> None:
    """Each kind of row; the rest of it in `long-answer-end`."""
    transcript = await _about_two(stage, _ANSWER)
    transcript.reveal(1, 0)
    transcript.scroll_by(-60)


async def long_answer_end(stage: Stage) -> None:
    await _about_two(stage, _ANSWER)


async def code(stage: Stage) -> None:
    await _answered(stage, _CODE, "How would you count them?")


async def wide_table(stage: Stage) -> None:
    await _answered(stage, _WIDE, "And by month?")


async def maths(stage: Stage) -> None:
    await _answered(stage, _MATHS, "How is that worked out?")


async def rtl(stage: Stage) -> None:
    await _answered(stage, _RTL, "מה השתנה בין שתי התמונות?")


async def thinking(stage: Stage) -> None:
    """Unfolded above the answer."""
    thoughts = ReplyBlock(
        {
            "type": "thinking",
            "thinking": "Two dashboards.\n\n1. The **revenue** first.\n2. Then the refunds.\n\nSo three.",
            "signature": "s",
        }
    )
    answer = Message(
        "assistant",
        (thoughts, ReplyBlock({"type": "text", "text": "Three things have changed: revenue, refunds and orders."})),
        id="a",
        state="complete",
        model=transcripts.MODEL,
        server="api.anthropic.com",
        usage=transcripts.reply("x").usage,
        cost="0.0127",
        thought=6.2,
    )
    stage.chat.messages.reset([transcripts.question("What has changed?"), answer])
    await stage.calm()
    transcript = _transcript(stage)
    transcript.host.folded.emit(transcript.widget_at(1, 0))


async def silence(stage: Stage) -> None:
    """Nothing has come for a while."""
    stage.api.script(text("The two quarters differ in three places. " * 9, chunks=20).hold("content_block_delta", 4))
    stage.chat.draft.propose("What has changed between these two quarters?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.worker.phase == "streaming")
    await stage.calm()
    foot = _transcript(stage).rows_of(1)[-1].content
    if isinstance(foot, Foot) and foot.pace is not None:
        foot.pace.heard -= SILENCE


# --- what is done -------------------------------------------------------------------------------


async def hover(stage: Stage) -> None:
    """The bar over the message that is pointed at."""
    transcript = await _about_two(stage, "Image 2 is the better of the two: it says **one thing**.")
    words, at = cast(QWidget, transcript.widget_at(0, 1)), QPointF(20, 10)
    QApplication.sendEvent(words, QEnterEvent(at, at, QPointF(words.mapToGlobal(at.toPoint()))))


async def versions(stage: Stage) -> None:
    """The second of two answers, with the switch below it."""
    await _about_two(stage, "Image 1 is the better of the two.")
    stage.api.answer = "Image 2 is the better of the two: it says **one thing**."
    stage.chat.worker.retry()
    await stage.until(lambda: stage.chat.worker.busy)
    await stage.until(lambda: not stage.chat.worker.busy)


async def version_switch(stage: Stage) -> None:
    """An edited question, and its first version shown again."""
    await _about_two(stage, "Image 1 is the better of the two.")
    question = stage.chat.messages.messages[0]
    stage.chat.edit(question.id)
    await stage.until(lambda: stage.chat.editing)
    await stage.calm()
    stage.api.answer = "Image 2: it says **one thing**."
    stage.chat.draft.propose("Which of the two would you show to a board?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.messages.messages[0].id != question.id and not stage.chat.worker.busy)
    stage.chat.switch(stage.chat.messages.messages[0].id, -1)
    await stage.until(lambda: not stage.chat.worker.busy)


async def edit(stage: Stage) -> None:
    """A question is written anew: what it will leave behind is veiled."""
    await _about_two(stage, "Image 1 is the better of the two.")
    await _answered(stage, "The legend: it repeats what the axis says.", "What would you change in it?")
    stage.chat.edit(stage.chat.messages.messages[2].id)
    await stage.until(lambda: stage.chat.editing)


async def deleted(stage: Stage) -> None:
    """The note that brings back what was deleted."""
    transcript = await _about_two(stage, "Image 1 is the better of the two.")
    await _answered(stage, "The legend: it repeats what the axis says.", "What would you change in it?")
    transcript.deeds.do("delete", stage.chat.messages.messages[2])
    await stage.until(lambda: len(stage.chat.messages.messages) == 2)


async def selection(stage: Stage) -> None:
    """From a question into the table of its answer."""
    transcript = await _about_two(stage, _ANSWER)
    transcript.reveal(1, 0)
    question, answer = stage.chat.messages.messages
    transcript.selection.select(Place(question.id, False, 0, 5), Place(answer.id, False, 2, 40))


async def find(stage: Stage) -> None:
    """Hits in two messages, one of them the current."""
    transcript = await _about_two(stage, _ANSWER)
    transcript.find_bar.open()
    await stage.calm()
    focused = QApplication.focusWidget()
    if focused is not None:
        QTest.keyClicks(focused, "refunds")
    for _ in range(3):
        await stage.calm()


async def details(stage: Stage) -> QWidget:
    """Of an answer, from its menu."""
    transcript = await _about_two(stage, "Image 2 is the better of the two.")
    place = transcript.mapToGlobal(QPoint(300, 300))
    transcript.deeds.do("details", stage.chat.messages.messages[1], place)
    await stage.calm()
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, BillDetails) and w.isVisible())


async def menu(stage: Stage) -> None:
    transcript = await _about_two(stage, "Image 2 is the better of the two.")
    place = transcript.mapToGlobal(QPoint(300, 100))
    transcript.deeds.do("more", stage.chat.messages.messages[1], place)


async def below(stage: Stage) -> None:
    """Text has come below what is read."""
    transcript = await _about_two(stage, _ANSWER)
    stage.api.script(text("The two quarters differ in three places. " * 60, chunks=20).hold("content_block_delta", 8))
    stage.chat.draft.propose("Say more.")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.worker.phase == "streaming")
    transcript.scroll_by(-300)
    stage.api.release()
    for _ in range(3):
        await stage.calm()


async def focus(stage: Stage) -> None:
    """The ring around a row that was tabbed to."""
    transcript = await _about_two(stage, _ANSWER)
    transcript.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget() or transcript, Qt.Key.Key_Down)
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)


STATES: Final[dict[str, State]] = {
    "long-answer": long_answer,
    "long-answer-end": long_answer_end,
    "code": code,
    "wide-table": wide_table,
    "maths": maths,
    "rtl": rtl,
    "thinking": thinking,
    "silence": silence,
    "hover": hover,
    "versions": versions,
    "version-switch": version_switch,
    "edit": edit,
    "undo": deleted,
    "selection": selection,
    "find": find,
    "answer-details": details,
    "menu": menu,
    "below": below,
    "row-focus": focus,
}
