"""Rows of words: whose they are, what stays when they grow, and what is gone when they leave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPixmap, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.core.blocks import Block
from app.ui.theme import Theme
from app.ui.transcript.content import Prose, Voice
from app.ui.transcript.host import Host
from app.ui.transcript.prose_row import ProseRow
from tests.conftest import destroy

WIDTH = 600


@pytest.fixture
def host(theme: Theme, gallery: Gallery) -> Iterator[Host]:
    host = Host(theme, gallery, lambda _: QPixmap())
    yield host
    destroy(host)


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(WIDTH, 400)
    page.show()
    return page


@pytest.fixture
def row(host: Host, page: QWidget) -> ProseRow:
    row = ProseRow(host, page)
    row.show()
    return row


def show(row: ProseRow, content: Prose) -> int:
    row.show_content(content)
    height = row.height_for(WIDTH)
    row.resize(WIDTH, height)
    return height


def prose(text: str, voice: Voice = "answer", *, number: int = 0, plain: bool = False, is_open: bool = False) -> Prose:
    return Prose(Block("prose", text, number=number, plain=plain), voice, open=is_open)


@pytest.mark.parametrize(("voice", "height"), [("answer", 44), ("thought", 40), ("question", 44)])
def test_a_voice_has_its_lines(row: ProseRow, voice: Voice, height: int) -> None:
    assert show(row, prose("one", voice)) == height / 2
    assert show(row, prose("one\ntwo", voice, plain=True)) == height


def test_a_voice_has_its_name_letters_and_colour(row: ProseRow, theme: Theme) -> None:
    for plain in (False, True):
        voices: list[tuple[Voice, str, int, str]] = [
            ("thought", "Thinking", 13, theme.tokens.text2),
            ("question", "Your message", 14, ""),
            ("answer", "Answer", 14, ""),
        ]
        for voice, name, size, color in voices:
            show(row, prose("words", voice, plain=plain))
            cursor = QTextCursor(row.document())
            cursor.setPosition(2)
            ink = cursor.charFormat().foreground()
            assert (row.accessibleName(), row.font().pixelSize()) == (name, size)
            assert (ink.color().name().upper() if ink.style() != Qt.BrushStyle.NoBrush else "") == color


def test_a_question_is_shown_as_it_was_typed(row: ProseRow) -> None:
    show(row, prose("**one**\n  $a$ <b>\n\n# two", "question", plain=True))
    assert row.plain == "**one**\n  $a$ <b>\n\n# two"


def test_definitions_elsewhere_make_links(row: ProseRow) -> None:
    show(
        row,
        Prose(Block("prose", "[one] and [two][2]"), definitions="[one]: https://one.example\n[2]: https://two.example"),
    )
    assert row.plain == "one and two"
    assert 'href="https://one.example"' in row.rich_between(0)
    assert 'href="https://two.example"' in row.rich_between(0)


def test_pictures_and_links_are_told_to_the_host(row: ProseRow, qtbot: QtBot) -> None:
    show(row, Prose(Block("prose", "Image 2"), pictures=2))
    with qtbot.waitSignal(row._host.picture_named) as named:
        QTest.mouseClick(row.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, 12))
    show(row, prose("[one](https://one.example)"))
    with qtbot.waitSignal(row._host.link_opened) as opened:
        QTest.mouseClick(row.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, 12))
    assert (named.args, opened.args) == ([2], ["https://one.example"])


def test_what_is_selected_stays_so_while_the_same_words_grow(row: ProseRow) -> None:
    show(row, prose("one two **thr", is_open=True))
    row.select(4, 7)
    show(row, prose("one two **three** four"))
    assert row.selected == "two"
    show(row, prose("one two three", number=1))
    assert row.selection is None


def test_who_leaves_takes_selection_and_marks_along(row: ProseRow) -> None:
    show(row, prose("one two", is_open=True))
    row.select(0, 3)
    row.mark([(0, 3)], 0)
    row.let_go()
    assert (row.selection, row.extraSelections(), row._caret) == (None, [], False)
    show(row, prose("one two"))
    assert row.selection is None


def test_the_caret_moves_nothing(row: ProseRow) -> None:
    shut = show(row, prose("one two"))
    before = row.grab().toImage()
    assert show(row, prose("one two", is_open=True)) == shut
    assert row.grab().toImage() != before


def test_words_from_right_to_left_stand_at_the_right(row: ProseRow) -> None:
    show(row, prose("مرحبا بالعالم\n\nHello"))
    blocks = [row.document().findBlockByNumber(number) for number in range(2)]
    lefts = [block.layout().lineAt(0).naturalTextRect().left() for block in blocks]
    assert lefts[0] > WIDTH / 2
    assert lefts[1] == 0


def test_a_word_without_an_end_wraps(row: ProseRow) -> None:
    height = show(row, prose("x" * 3_000))
    assert height > 10 * 22
    assert row.document().idealWidth() <= WIDTH


def test_a_height_is_known_at_any_width(row: ProseRow) -> None:
    height = show(row, prose("word " * 100))
    assert row.height_for(300) > row.height_for(WIDTH) == height > 22
    assert row.verticalScrollBar().maximum() == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["one ", "**", "*", "`", "$", "$x^2$", "[a](http://b.c)", "\n", "\n\n", "- ", "> ", "# ", "1. ", "😀", "~~",
             "| a |", "\n|---|\n", "![x](y)", "<b>", "```\n", "Image 2", "\\", "مرحبا", "\ufffc", "\ufdd2\ufdd4\ufdd3",
             "---\n", "\0"]
        ),
        max_size=24,
    )
)  # fmt: skip
def test_a_row_that_was_another_before_looks_as_one_that_is_new(host: Host, row: ProseRow, pieces: list[str]) -> None:
    content = Prose(Block("prose", "".join(pieces)), pictures=3)
    fresh = ProseRow(host, row.parentWidget())
    assert show(fresh, content) == show(row, content)
    assert fresh.document().toHtml() == row.document().toHtml()
    assert fresh.plain == row.plain
    assert fresh.rich_between(0) == row.rich_between(0)
    destroy(fresh)
