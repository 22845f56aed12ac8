"""What somebody has who sees little, hears a screen reader or takes no mouse: the real window in many states."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

import pytest
from PySide6.QtCore import QAbstractAnimation, QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QPushButton,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.core import toning
from app.ui.main_window import MainWindow
from app.ui.theme import DARK, LIGHT, Theme, Tokens, _mixed
from app.ui.transcript import Transcript
from app.ui.transcript.text import SafeTextView
from tests import transcripts
from tests.conftest import destroy, finish
from tests.servers.api import ApiServer
from tests.servers.replies import error, text
from tests.shots.stage import Stage, State
from tests.shots.states import STATES

ANSWER: Final = f"""A **short** answer about Image 1.

| part | before |
|---|---:|
| roof | 12 |

```python
print("hello")
```

- one
- [two](https://example.org)

> a quote

{transcripts.answer(2000)}"""
ROLE, NAMED = QAccessible.Role, QAccessible.Text.Name
NAMELESS: Final = {ROLE.NoRole, ROLE.Client}
INNER: Final = ("qt_", "ScrollLeftButton", "ScrollRightButton")
"""Object names of Qt's own parts of a control that is named itself."""


def bring(stage: Stage, state: State) -> None:
    """Bring the window into a state."""

    async def play() -> None:
        await state(stage)
        await stage.calm()

    finish(play())


class Calm(Stage):
    """A stage whose window is not seen by anybody: what was asked for is laid out, and nothing is waited for."""

    async def calm(self) -> None:
        for _ in range(40):
            await asyncio.sleep(0)


@pytest.fixture
def stage(online: Tools, theme: Theme, qtbot: QtBot, api: ApiServer, tmp_path: Path) -> Iterator[Stage]:
    desk = Desk(online)
    desk.start()
    gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)
    window = MainWindow(theme, online, desk, gallery, tmp_path)
    window.resize(1366, 900)
    window.show()
    qtbot.waitExposed(window)
    stage = Calm(window, desk, online, api, tmp_path)
    yield stage
    api.release()
    finish(stage.until(lambda: not desk.current.worker.busy))
    window.hide()
    finish(online.tasks.close())
    destroy(window, desk, gallery)


# --- states ---------------------------------------------------------------------------------------


async def every_row(stage: Stage) -> None:
    """A question with a picture, and an answer of every kind of block."""
    stage.sample("dashboard-q3.png")
    await stage.ask("What is it?", ANSWER)


async def error_card(stage: Stage) -> None:
    stage.api.script(error(400, "invalid_request_error", "messages.0.content.0.image.source.base64: bad picture"))
    stage.sample("chart.png")
    stage.chat.draft.propose("What does this chart say?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: len(stage.chat.messages.messages) == 2 and not stage.chat.worker.busy)
    await stage.calm()


async def streaming(stage: Stage) -> None:
    stage.api.script(text(ANSWER, chunks=40).hold("content_block_delta", 20))
    stage.chat.draft.propose("And now?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.worker.phase == "streaming")
    await stage.calm()


OWN: Final[dict[str, State]] = {"every row": every_row, "error card": error_card, "streaming now": streaming}
SHOWN: Final = OWN | {
    name: STATES[name] for name in ("empty", "attached", "refused", "viewer", "settings", "ledger", "asked")
}


# --- names and roles ------------------------------------------------------------------------------


def seen(stage: Stage) -> list[QWidget]:
    """Every widget on screen, of dialogs and popups too."""
    tops = [top for top in QApplication.topLevelWidgets() if top.isVisible()]
    assert stage.window in tops
    return [widget for top in tops for widget in [top, *top.findChildren(QWidget)] if widget.isVisible()]


def is_control(widget: QWidget) -> bool:
    """Whether it can be clicked or have the focus, and is no part of a control."""
    if widget.objectName().startswith(INNER) or isinstance(widget, QScrollBar):
        return False
    clicked = isinstance(widget, QAbstractButton) or widget.cursor().shape() == Qt.CursorShape.PointingHandCursor
    focused = widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.focusProxy() is None
    inner = isinstance(widget.parent(), QAbstractScrollArea) and widget.parent().viewport() is widget  # type: ignore[union-attr]
    return (clicked or focused) and not inner and not (isinstance(widget, QLabel) and not focused)


def face(widget: QWidget) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(widget)
    assert found is not None, widget
    return found


def path(widget: QWidget) -> str:
    """Where it is, for the one who reads why a test failed."""
    parts: list[str] = []
    at: QWidget | None = widget
    while at is not None:
        parts.append(f"{type(at).__name__}{'#' + at.objectName() if at.objectName() else ''}")
        at = at.parentWidget()
    return " > ".join(reversed(parts[:4]))


PAINTED: Final = {"ModelPicker", "BillLine", "Fold", "FoldRow", "PictureTile", "SampleCard", "Switch", "CostLine"}
"""They paint their words themselves."""


def has_words(button: QAbstractButton) -> bool:
    """Whether words stand on it, be they painted or labels of their own."""
    return bool(
        button.text().strip()
        or any(label.text() for label in button.findChildren(QLabel))
        or type(button).__name__ in PAINTED
    )


def complaints(stage: Stage) -> list[str]:
    """What somebody who cannot see the window, or has never seen it, is not told."""
    found = []
    for widget in seen(stage):
        if is_control(widget):
            if not face(widget).text(NAMED).strip():
                found.append(f"no name: {path(widget)}")
            if face(widget).role() in NAMELESS and not isinstance(widget, QAbstractScrollArea):
                found.append(f"no role: {path(widget)}")
            if isinstance(widget, QAbstractButton) and not widget.toolTip() and not has_words(widget):
                found.append(f"no words and no tooltip: {path(widget)}")
        if isinstance(widget, QAbstractItemView):
            found += [f"no words in row {row}: {path(widget)}" for row in wordless(widget)]
    return found


def wordless(view: QAbstractItemView) -> list[int]:
    """Rows of a list that say nothing."""
    model = view.model()
    roles = Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole
    indexes = [model.index(row, 0, view.rootIndex()) for row in range(min(20, model.rowCount(view.rootIndex())))]
    return [index.row() for index in indexes if not any(str(index.data(role) or "").strip() for role in roles)]


def moving() -> list[str]:
    """Animations that run: none is needed to understand anything, so there is none to be switched off."""
    each = [one for top in QApplication.topLevelWidgets() for one in top.findChildren(QAbstractAnimation)]
    return [f"moves: {one}" for one in each if one.state() == QAbstractAnimation.State.Running]


@pytest.mark.parametrize("state", SHOWN)
def test_everything_has_a_name_a_role_and_rest(stage: Stage, state: str) -> None:
    bring(stage, SHOWN[state])
    assert any(is_control(widget) for widget in seen(stage))
    assert complaints(stage) + moving() == []


def test_a_control_without_a_name_or_a_role_is_found(stage: Stage) -> None:
    for control in (QPushButton(stage.window._composer), QWidget(stage.window._composer)):
        control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        control.show()
    ours = [complaint for complaint in complaints(stage) if complaint.endswith(("> QPushButton", "> QWidget"))]
    assert [complaint.partition(":")[0] for complaint in ours] == [
        "no name",
        "no words and no tooltip",
        "no name",
        "no role",
    ]


# --- text -----------------------------------------------------------------------------------------


def texts(stage: Stage) -> list[SafeTextView]:
    """Rows of text on screen."""
    return [view for view in seen(stage) if isinstance(view, SafeTextView) and not view.visibleRegion().isEmpty()]


MARKS: Final = {"\ufdd0", "\ufdd1", "\ufffc"}
"""What Qt puts where a table's cell begins or ends, and where a drawing is: nothing that could be read aloud."""


def letters(text: str) -> str:
    return "".join(character for character in text if not character.isspace() and character not in MARKS)


def read_aloud(view: SafeTextView) -> str:
    """What a screen reader is given of it."""
    found = face(view).textInterface()
    assert found is not None, path(view)
    return found.text(0, found.characterCount())


@pytest.mark.parametrize("state", [every_row, streaming])
def test_every_row_of_text_on_screen_can_be_read_whole(stage: Stage, state: State) -> None:
    bring(stage, state)
    rows = texts(stage)
    assert len(rows) > 1 or state is streaming
    for view in rows:
        assert letters(view.toPlainText()), path(view)
        assert letters(read_aloud(view)) == letters(view.toPlainText())
        assert view.accessibleName(), path(view)
        if not MARKS.isdisjoint(read_aloud(view)):
            described = view.accessibleDescription()
            assert letters(described), path(view)
            assert MARKS.isdisjoint(described), path(view)


def test_all_of_an_answer_is_read_in_order(stage: Stage) -> None:
    bring(stage, every_row)
    transcript = stage.window.findChild(Transcript)
    assert isinstance(transcript, Transcript)
    transcript.verticalScrollBar().setValue(0)
    finish(stage.calm())
    words = "\n".join(read_aloud(view) for view in sorted(texts(stage), key=top_of))
    places = [words.find(part) for part in ("What is it?", "A short answer", "roof", 'print("hello")', "one")]
    assert -1 not in places
    assert places == sorted(places)


def test_rows_are_told_in_the_order_in_which_they_are_seen(stage: Stage) -> None:
    bring(stage, every_row)
    finish(stage.ask("And now?", ANSWER))
    transcript = stage.window.findChild(Transcript)
    assert isinstance(transcript, Transcript)
    for pixels in (0, -700, -150, 90, -2_000, 1_500, -60, 4_000):
        transcript.scroll_by(pixels)
        rows = [id(row) for *_, row in transcript.on_screen()]
        assert [id(child) for child in transcript.viewport().children() if id(child) in rows] == rows


def test_a_table_is_described_row_by_row(stage: Stage) -> None:
    bring(stage, every_row)
    transcript = stage.window.findChild(Transcript)
    assert isinstance(transcript, Transcript)
    transcript.verticalScrollBar().setValue(0)
    table = next(view for view in texts(stage) if "roof" in view.toPlainText())
    assert table.accessibleDescription() == "part, before\nroof, 12"


LINE: Final = 16
"""Pixels that the tops of widgets in one line may differ by."""


def top_of(widget: QWidget) -> int:
    return widget.mapToGlobal(QPoint()).y()


# --- keys -----------------------------------------------------------------------------------------


def is_in_front(window: QWidget) -> bool:
    """Whether it is; else it is asked to come."""
    if not window.isActiveWindow():
        window.activateWindow()
    return window.isActiveWindow()


def tabbed(stage: Stage, most: int = 300, *, back: bool = False) -> list[QWidget]:
    """What gets the focus from one Tab, or Shift+Tab, to the next, until it comes round."""
    finish(stage.until(lambda: is_in_front(stage.window)))
    finish(stage.calm())  # the window of the test before may go only now
    finish(stage.until(lambda: is_in_front(stage.window)))
    stage.window._composer.focus()
    assert QApplication.focusWidget() is not None
    order: list[QWidget] = []
    for _ in range(most):
        focused = QApplication.focusWidget()
        if focused is None or (order and focused is order[0]):
            return order
        order.append(focused)
        shift = Qt.KeyboardModifier.ShiftModifier if back else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(focused, Qt.Key.Key_Tab, shift)
    raise AssertionError([path(widget) for widget in order[-8:]])


@pytest.mark.parametrize("state", ["every row", "error card", "empty", "attached", "streaming now"])
def test_tab_comes_to_everything_that_can_be_clicked(stage: Stage, state: str) -> None:
    bring(stage, SHOWN[state])
    order = tabbed(stage)
    reached = {id(widget) for widget in order} | {id(widget.focusProxy()) for widget in order if widget.focusProxy()}
    wanted = [
        widget
        for widget in stage.window.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and is_control(widget) and not isinstance(widget, QTabBar)
        if not widget.visibleRegion().isEmpty() and not in_row_of_keys(widget)
    ]
    assert [path(widget) for widget in wanted if id(widget) not in reached] == []


def in_row_of_keys(widget: QWidget) -> bool:
    """Whether arrows come to it, from another of the same kind that Tab comes to."""
    return widget.focusPolicy() in {Qt.FocusPolicy.NoFocus, Qt.FocusPolicy.ClickFocus} and widget.parent() is not None


@pytest.mark.parametrize("state", ["every row", "error card", "attached"])
def test_tab_goes_through_the_window_part_by_part(stage: Stage, state: str) -> None:
    bring(stage, SHOWN[state])
    window = stage.window
    parts = (window._sidebar, window._top_bar, window._pages, window._composer)
    order = [next((n for n, part in enumerate(parts) if part.isAncestorOf(widget)), None) for widget in tabbed(stage)]
    visits = [part for part, _ in groupby(part for part in order if part is not None)]
    begin = visits.index(min(visits))
    rotated = [part for part, _ in groupby(visits[begin:] + visits[:begin])]  # it may begin and end within one part
    if rotated[0] == rotated[-1] and len(rotated) > 1:
        rotated.pop()
    assert rotated == sorted(set(rotated))


def test_shift_tab_goes_the_same_way_back(stage: Stage) -> None:
    bring(stage, every_row)
    transcript = stage.window.findChild(Transcript)
    assert isinstance(transcript, Transcript)
    there, back = tabbed(stage), tabbed(stage, back=True)
    outside = [widget for widget in there if not transcript.isAncestorOf(widget)]
    assert [widget for widget in back if not transcript.isAncestorOf(widget)] == [outside[0], *reversed(outside[1:])]
    inside = [n for n, widget in enumerate(back) if transcript.isAncestorOf(widget)]
    assert inside == list(range(inside[0], inside[-1] + 1))
    assert back[inside[0]] is next(widget for widget in reversed(there) if transcript.isAncestorOf(widget))


@pytest.mark.parametrize("state", ["every row", "error card"])
def test_within_the_conversation_tab_goes_from_top_to_bottom(stage: Stage, state: str) -> None:
    bring(stage, SHOWN[state])
    transcript = stage.window.findChild(Transcript)
    assert isinstance(transcript, Transcript)
    inside = [widget for widget in tabbed(stage) if transcript.isAncestorOf(widget)]
    assert inside
    edge = top_of(transcript)  # what reaches out above it is seen from there on
    tops = [max(edge, top_of(widget)) for widget in inside]
    back = [
        path(after) for after, (above, below) in zip(inside[1:], pairwise(tops), strict=True) if below < above - LINE
    ]
    assert back == []


# --- colours and motion ---------------------------------------------------------------------------


def luminance(color: str) -> float:
    """WCAG's relative luminance."""
    parts = [QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


GROUNDS: Final = ("background", "side", "surface", "soft", "hover")
PAIRS: Final = [
    *(("text", ground) for ground in GROUNDS),
    *(("text2", ground) for ground in GROUNDS),
    *(("accent", ground) for ground in ("background", "surface", "soft")),
    *(("danger", ground) for ground in ("background", "surface")),
    ("on_accent", "accent"),
    ("warn", "on_warn"),
    ("text", "on_warn"),
]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "ground"), PAIRS, ids=[" on ".join(pair) for pair in PAIRS])
def test_words_stand_out_from_their_ground(tokens: Tokens, words: str, ground: str) -> None:
    assert contrast(getattr(tokens, words), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_words_stand_out_where_a_colour_is_mixed_or_fixed(tokens: Tokens) -> None:
    pointed_at = _mixed(tokens.accent, tokens.text, 0.14)
    assert contrast(tokens.on_accent, pointed_at) >= 4.5
    assert contrast("#FFFFFF", tokens.badge) >= 4.5


@pytest.mark.parametrize(("tones", "tokens"), [(toning.LIGHT, LIGHT), (toning.DARK, DARK)])
def test_code_stands_out_from_its_box(tones: dict[toning.Tone, str], tokens: Tokens) -> None:
    weak = {tone: round(contrast(colour, tokens.surface), 2) for tone, colour in tones.items()}
    assert {tone: found for tone, found in weak.items() if found < 4.5} == {}


def test_the_measure_of_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
