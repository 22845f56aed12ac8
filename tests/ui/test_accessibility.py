"""What somebody has who sees little, hears a screen reader or takes no mouse: the real window in many states."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import groupby
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
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
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
        for _ in range(10):
            await asyncio.sleep(0)
            QApplication.processEvents()


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
    stage.api.script(text(ANSWER).hold("content_block_delta", 20))
    stage.chat.draft.propose("And now?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.worker.phase == "streaming")
    await stage.calm()


OWN: Final[dict[str, State]] = {"every row": every_row, "error card": error_card, "streaming now": streaming}
SHOWN: Final = OWN | {
    name: STATES[name] for name in ("empty", "attached", "refused", "viewer", "settings", "ledger", "asked")
}


@pytest.fixture(params=SHOWN)
def shown(stage: Stage, request: pytest.FixtureRequest) -> Stage:
    """The window in each of the states."""
    bring(stage, SHOWN[request.param])
    return stage


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


def test_every_control_has_a_name_and_a_role(shown: Stage) -> None:
    controls = [widget for widget in seen(shown) if is_control(widget)]
    assert controls
    assert [path(widget) for widget in controls if not face(widget).text(NAMED).strip()] == []
    roles = {path(widget): face(widget).role() for widget in controls if not isinstance(widget, QAbstractScrollArea)}
    assert {where: role for where, role in roles.items() if role in NAMELESS} == {}


def test_a_button_without_words_says_what_it_does_when_it_is_pointed_at(shown: Stage) -> None:
    buttons = [w for w in seen(shown) if isinstance(w, QAbstractButton) and is_control(w) and not w.text().strip()]
    assert [path(button) for button in buttons if not button.toolTip() and not has_words(button)] == []


def has_words(button: QWidget) -> bool:
    """Whether words stand on it that are painted or are labels of their own."""
    return any(label.text() for label in button.findChildren(QLabel)) or type(button).__name__ in PAINTED


PAINTED: Final = {"ModelPicker", "BillLine", "Fold", "FoldRow", "PictureTile", "SampleCard", "Switch", "CostLine"}
"""They paint their words themselves."""


def test_every_row_of_a_list_has_words(shown: Stage) -> None:
    lists = [view for view in seen(shown) if isinstance(view, QAbstractItemView) and view.model() is not None]
    nameless = []
    for view in lists:
        model = view.model()
        for row in range(min(20, model.rowCount(view.rootIndex()))):
            index = model.index(row, 0, view.rootIndex())
            roles = Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole
            if not any(str(index.data(role) or "").strip() for role in roles):
                nameless.append(f"{path(view)}, row {row}")
    assert nameless == []


# --- text -----------------------------------------------------------------------------------------


def texts(stage: Stage) -> list[SafeTextView]:
    """Rows of text on screen."""
    return [view for view in seen(stage) if isinstance(view, SafeTextView) and not view.visibleRegion().isEmpty()]


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
        assert view.toPlainText().strip(), path(view)
        assert read_aloud(view) == view.toPlainText()
        assert view.accessibleName(), path(view)


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


def top_of(widget: QWidget) -> int:
    return widget.mapToGlobal(QPoint()).y()


# --- keys -----------------------------------------------------------------------------------------


def tabbed(stage: Stage, most: int = 300) -> list[QWidget]:
    """What gets the focus from one Tab to the next, until it comes round."""
    stage.window.activateWindow()
    stage.window._composer.focus()
    order: list[QWidget] = []
    for _ in range(most):
        focused = QApplication.focusWidget()
        if focused is None or (order and focused is order[0]):
            return order
        order.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
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
    rotated = visits[begin:] + visits[:begin]
    if rotated[0] == rotated[-1] and len(rotated) > 1:
        rotated.pop()
    assert rotated == sorted(set(rotated))


@pytest.mark.parametrize("state", ["every row", "error card"])
def test_within_the_conversation_tab_goes_from_top_to_bottom(stage: Stage, state: str) -> None:
    bring(stage, SHOWN[state])
    transcript = stage.window.findChild(Transcript)
    assert isinstance(transcript, Transcript)
    inside = [widget for widget in tabbed(stage) if transcript.isAncestorOf(widget)]
    assert inside
    tops = [top_of(widget) for widget in inside]
    assert tops == sorted(tops), [path(widget) for widget in inside]


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


def test_the_measure_of_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.usefixtures("shown")
def test_nothing_moves_by_itself() -> None:
    """No animation is needed to understand anything, so there is none to be switched off."""
    running = [each for top in QApplication.topLevelWidgets() for each in top.findChildren(QAbstractAnimation)]
    assert [each for each in running if each.state() == QAbstractAnimation.State.Running] == []
