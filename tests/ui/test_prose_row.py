"""Rows of words: whose they are, what stays when they grow, and what is gone when they leave."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextListFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.blocks import Block
from app.ui.theme import Theme
from app.ui.transcript.content import Prose, Voice
from app.ui.transcript.host import Host
from app.ui.transcript.prose_row import ProseRow
from tests.conftest import destroy

WIDTH = 600


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


@pytest.mark.parametrize("end", ["\\", "  ", "    "])
@pytest.mark.parametrize("mark", ["", "- ", "> ", "1. "])
def test_a_line_that_is_broken_begins_no_paragraph(row: ProseRow, end: str, mark: str) -> None:
    height = show(row, prose(f"{mark}one _two_{end}\n{' ' * len(mark)}three{end}\n{' ' * len(mark)}four 😀{end}"))
    assert row.document().blockCount() == 1
    assert height == 3 * 22
    assert row.document().toRawText() == f"one two\u2028three\u2028four 😀{end.strip()}"


@pytest.mark.parametrize(
    "text",
    ["# head  \nwords", "---  \nwords", "> | a | b |  \n> |---|---|  \n> | c | d |  \n",
     "- a\n\n  ```  \n  code  \n  ```  \n",
     "`a\\\nb`", "a\\\\\nb", "-  \n  a", "[d]: https://d.example  \n[d]", "\ufdde a  \n\ufddf", "===  \n", "a\n  \nb"],
)  # fmt: skip
def test_what_is_no_broken_line_is_as_it_would_be_without_the_blanks(row: ProseRow, text: str) -> None:
    show(row, prose(text))
    shown = row.document().toRawText()
    assert "\u2028" not in shown.replace(" a\u2028", "")
    assert not {"\ufdde", "\ufddf"} & set(shown)
    show(row, prose("\n".join(line.rstrip(" ") for line in text.split("\n")).translate({0xFDDE: None, 0xFDDF: None})))
    assert shown.replace("  ", "").strip() == row.document().toRawText().strip() or "\ufdde" in text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["a", "_b_", "`c`", "`", "\\", "  ", "\n", "- ", "> ", "|", "😀", "[x] ", "#"]), max_size=20
    )
)
def test_no_mark_is_left_and_no_letter_lost(row: ProseRow, pieces: list[str]) -> None:
    text = "".join(pieces)
    show(row, prose(text))
    shown = row.document().toRawText()
    assert not any("\ufdd0" < letter < "\ufde0" and letter != "\ufdd1" for letter in shown)
    assert [shown.count(letter) for letter in "abc😀"] == [text.count(letter) for letter in "abc😀"]


def test_tasks_have_boxes_that_can_be_read_and_copied(row: ProseRow) -> None:
    show(row, prose("- [x] `done`\n- [ ] not\n\n1. [x] first\n2. second"))
    assert row.plain == "☑ done\n☐ not\n1. ☑ first\n2. second"
    assert row.rich_between(0).count("☑ ") == 2
    assert row.rich_between(0).startswith("<ul><li>☑ <code>done</code></li><li>☐ not</li></ul><ol>")
    blocks = [row.document().findBlockByNumber(number) for number in range(4)]
    assert all(block.blockFormat().marker() == QTextBlockFormat.MarkerType.NoMarker for block in blocks)
    styles = [block.textList().format().style() for block in blocks]
    assert [style == QTextListFormat.Style.ListStyleUndefined for style in styles] == [True, True, False, False]


def test_items_are_copied_with_their_marks(row: ProseRow) -> None:
    show(row, prose("words\n\n3. three\n4. four\n   - within\n\nmore\n\n- one\n- two"))
    assert row.plain == "words\n3. three\n4. four\n  • within\nmore\n• one\n• two"
    assert row.plain_between(2, 10) == "rds\n3. thre"
    assert row.plain_between(8, 13) == "ree\n4. f"
    assert row.plain_between(12) == "4. four\n  • within\nmore\n• one\n• two"
    assert row.plain_between(12, 12) == ""


def test_code_does_not_tell_which_way_words_run(row: ProseRow) -> None:
    show(row, prose("- `code` שלום\n- word שלום\n\n`code` שלום\n\n`code`\n\n`שלום` word"))
    ways = [row.document().findBlockByNumber(number).textDirection() for number in range(5)]
    left, right = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft
    assert ways == [right, left, right, left, left]


def test_typed_words_are_not_read_as_those_of_a_formula_before(row: ProseRow) -> None:
    show(row, prose("$x$"))
    assert row.accessibleDescription() == "$x$"
    row.let_go()
    show(row, prose("typed", "question", plain=True))
    assert row.accessibleDescription() == ""
