"""A row's widget that is filled again is like a new one: nothing of what it showed before is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any, Final, NamedTuple

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.repeats import Wait
from app.core.blocks import Block
from app.core.errors import ApiError, Offence, RequestRefused
from app.ui.transcript.content import Caption, Code, Content, Fold, Foot, More, Notice, Pictures, Prose, Table
from app.ui.transcript.host import Host
from app.ui.transcript.pace import Pace
from app.ui.transcript.pool import _KINDS
from app.ui.transcript.row import RowWidget
from app.ui.transcript.text import SafeTextView
from tests.ui.talk import PICTURE, answered

WIDTH: Final = 500
_HIGH: Final = 4_000
_SECOND: Final = replace(PICTURE, number=2, name="q3.png", tokens=100)


def prose(text: str, **facts: Any) -> Prose:
    return Prose(Block("prose", text, **facts), definitions="[d]: https://d.example" if "[" in text else "")


def table(text: str, *, first: bool = True, **facts: Any) -> Table:
    return Table(Block("table", text, first=first), weights=(4, 8), pictures=2, **facts)


SAMPLES: Final[dict[type, Sequence[Content]]] = {
    Prose: [
        prose("Plain words."),
        prose("# Head\n\n> quote **bold** [d]\n\n- [x] `done`\\\n  more\n- [ ] not"),
        prose("A formula $x^2$ and $$y$$"),
        replace(prose("*typed* $x$", plain=True), voice="question"),
        replace(prose("thought about Image 2 and `code`"), voice="thought", pictures=2),
        replace(prose("open **end"), open=True),
        prose("שלום `code`\n\n" + "x" * 1_200),
    ],
    Code: [
        Code(Block("code", "x = 1\nif x:\n    y", info="python")),
        Code(Block("code", "plain")),
        Code(Block("code", "a" * 300 + "\nb", info="text", first=False, last=False)),
        Code(Block("code", '{"a": 1', info="json"), open=True),
        Code(Block("code", "w" * 3_000, info="css", last=False)),
    ],
    Table: [
        table("| a | b |\n|---|--:|\n| 1 | Image 2 |"),
        table("| a | $b$ |\n|---|---|\n| $c$ | **d** |", first=False),
        table("| שם | b |\n|---|---|\n| c | d |\n| e | f", open=True),
        table("| " + " | ".join(["wide column"] * 12) + " |\n|" + "---|" * 12 + "\n|" + " cell |" * 12),
    ],
    Pictures: [
        Pictures(((PICTURE,),), Decimal(3)),
        Pictures(((_SECOND,), (PICTURE,))),
        Pictures(((_SECOND,),)),
    ],
    Fold: [
        Fold("thinking", "Thinking about R&D", False),
        Fold("thinking", "Thought", True),
        Fold("answer", "Nothing behind it", False, has_body=False),
        Fold("thinking", "Thinking", False, pace=Pace()),
    ],
    Notice: [
        Notice(error=ApiError(529, "overloaded_error", "Overloaded"), can_retry=True, about="a"),
        Notice(words="You stopped this answer."),
        Notice(words="The answer was cut.", action="retry"),
        Notice(error=RequestRefused((Offence("too_many_pictures", 101, 100),)), refusal=True, about="b"),
        Notice(
            error=ApiError(529, "overloaded_error", "Overloaded"),
            about="c",
            wait=Wait(ApiError(529, "overloaded_error", "Overloaded"), 0),
        ),
    ],
    Caption: [Caption("Claude is looking at the pictures"), Caption("Not shown here: <b>", small=True)],
    Foot: [
        Foot(answered(created=1_700_000_000.0)),
        Foot(answered(created=1_700_000_000.0, estimate="1.5", cost="2.5"), is_last=True, branch=(2, 3)),
        Foot(answered(created=1_700_000_000.0), is_last=True, has_retry=True, offers=((1, "Resend Image 1 sharper"),)),
    ],
    More: [More(1_000), More(250_000)],
}
PAIRS: Final = [pair for contents in SAMPLES.values() for pair in permutations(contents, 2)]

pytestmark = pytest.mark.usefixtures("american_figures")


@pytest.fixture
def new(host: Host, qtbot: QtBot) -> Callable[[type], tuple[RowWidget, QWidget]]:
    """Makes a widget of a kind, on a page of its own."""

    pages = []

    def make(kind: type) -> tuple[RowWidget, QWidget]:
        page = QWidget()
        pages.append(page)
        qtbot.addWidget(page)
        page.resize(WIDTH, _HIGH)
        page.show()
        widget = _KINDS[kind](host, page)
        assert isinstance(widget, QWidget)
        return widget, widget

    return make


class Seen(NamedTuple):
    """What can be seen or heard of a widget."""

    kind: str
    place: tuple[int, int, int, int]
    enabled: bool
    focus: Qt.FocusPolicy
    cursor: Qt.CursorShape
    name: str
    description: str
    tip: str
    words: str
    more: tuple[object, ...]


def test_there_are_samples_of_every_kind() -> None:
    assert SAMPLES.keys() == _KINDS.keys()


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=[f"{type(a).__name__}-{n}" for n, (a, _) in enumerate(PAIRS)])
def test_a_row_filled_again_is_like_a_new_one(
    new: Callable[[type], tuple[RowWidget, QWidget]], host: Host, qtbot: QtBot, before: Content, after: Content
) -> None:
    used, used_widget = new(type(before))
    show(used, used_widget, before, host, qtbot)
    if used.view is not None:
        used.view.selectAll()
        used.view.mark([(0, 1)], 0)
        used.view.setToolTip("https://old.example")
    used.shift(40)
    used.let_go()
    used_widget.hide()
    fresh, fresh_widget = new(type(after))
    for row, widget in ((used, used_widget), (fresh, fresh_widget)):
        show(row, widget, after, host, qtbot)
    assert seen(used_widget) == seen(fresh_widget)
    if used.view is not None and fresh.view is not None:
        assert letters(used.view) == letters(fresh.view)
    assert used_widget.grab().toImage() == fresh_widget.grab().toImage()


def show(row: RowWidget, widget: QWidget, content: Content, host: Host, qtbot: QtBot) -> None:
    """As the transcript does, until all of it is there. The pointer is elsewhere."""
    row.show_content(content)
    widget.setGeometry(40, 2_000, WIDTH, row.height_for(WIDTH))
    widget.show()
    qtbot.waitUntil(lambda: not host.formulas.is_waiting, timeout=20_000)
    qtbot.waitUntil(lambda: not any(tones.is_waiting and tones.is_closed for tones in host.highlighting._kept))
    widget.setGeometry(40, 2_000, WIDTH, row.height_for(WIDTH))


def seen(widget: QWidget) -> list[Seen]:
    """The widget and all within it that are visible."""
    within = [each for each in widget.findChildren(QWidget) if each.isVisibleTo(widget)]
    return [_look(widget, widget), *sorted(_look(each, widget) for each in within)]


def _look(widget: QWidget, row: QWidget) -> Seen:
    corner = widget.mapTo(row, widget.rect().topLeft())
    words = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
    heard = QAccessible.queryAccessibleInterface(widget)
    more: tuple[object, ...] = (heard.text(QAccessible.Text.Name), str(heard.role()))
    if isinstance(widget, SafeTextView):
        words = widget.plain
        marked = [(mark.cursor.anchor(), mark.cursor.position()) for mark in widget.extraSelections()]
        more = (str(widget.selection), str(marked), widget._caret, widget.font().toString(), widget._ring)
    return Seen(
        type(widget).__name__,
        (corner.x(), corner.y(), widget.width(), widget.height()),
        widget.isEnabled(),
        widget.focusPolicy(),
        widget.cursor().shape(),
        widget.accessibleName(),
        widget.accessibleDescription(),
        widget.toolTip(),
        words,
        more,
    )


def letters(view: SafeTextView) -> list[tuple[str, str, str]]:
    """The runs of letters of a text, each with what it looks like and where it leads, and the shape of its block."""
    runs = []
    block = view.document().begin()
    while block.isValid():
        shape = block.blockFormat()
        told = (
            f"{shape.alignment()} {shape.leftMargin()} {shape.textIndent()} {shape.bottomMargin()} {shape.topMargin()}"
        )
        fragments = block.begin()
        while not fragments.atEnd():
            form = fragments.fragment().charFormat()
            look = f"{form.font().toString()} {form.foreground().color().name()} {form.background().style()}"
            runs.append((fragments.fragment().text(), f"{look} {form.anchorHref()}", f"{told} {block.textDirection()}"))
            fragments += 1
        block = block.next()
    return runs
