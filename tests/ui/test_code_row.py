"""Rows of code: the box and its parts, tones, streaming, moving sideways, copying."""

from __future__ import annotations

import time
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QTextCursor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from app.core import toning
from app.core.blocks import Block
from app.core.toning import LONGEST, MOST, TRIED, Span, Tones, language
from app.ui import theme as themes
from app.ui.theme import Theme
from app.ui.transcript.code_row import HEAD, LINE, WRAPPED, CodeRow
from app.ui.transcript.content import Code
from app.ui.transcript.highlighting import Highlighting
from app.ui.transcript.host import Host
from app.ui.transcript.markup import CODE_PADDING
from tests.conftest import destroy

_PYTHON = '''def share(total: float) -> float:
    """One line.

    And another.
    """
    return 1.5 / total  # of it
'''
_WIDE = "x = '" + "wide " * 60 + "'"


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(800, 900)
    page.show()
    return page


def code(text: str, info: str = "", *, first: bool = True, last: bool = True, is_open: bool = False) -> Code:
    return Code(Block("code", text, info=info, first=first, last=last), open=is_open)


def shown(row: CodeRow, content: Code, width: int = 600) -> CodeRow:
    """Show it as the transcript does."""
    row.show_content(content)
    row.setGeometry(0, 0, width, row.height_for(width))
    row.show()
    return row


def parts(host: Host, page: QWidget, *texts: str, info: str = "python") -> list[CodeRow]:
    """The rows of one block, joined as the transcript joins them."""
    rows = [CodeRow(host, page) for _ in texts]
    for index, (row, text) in enumerate(zip(rows, texts, strict=True)):
        row.whole = lambda: "\n".join(texts)
        row.before = partial("".join, [f"{above}\n" for above in texts[:index]])
        shown(row, code(text, info, first=index == 0, last=index == len(texts) - 1))

    def follow(moved: QWidget, pixels: int) -> None:
        for row in rows:
            if row is not moved:
                row.shift(pixels)

    host.shifted.connect(follow)
    return rows


def colors(row: CodeRow, line: int) -> set[str]:
    block = row.view.document().findBlockByNumber(line)
    return {form.format.foreground().color().name().upper() for form in block.layout().formats()}


def read_all(host: Host, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not any(tones.is_waiting for tones in host.highlighting._kept))


def tones_of(text: str, alias: str = "python") -> list[tuple[Span, ...]]:
    tones = Tones(alias)
    tones.grow(text, closed=True)
    finish(tones)
    return tones.lines


def finish(tones: Tones) -> None:
    while tones.is_waiting:
        tones.work(toning.lexer(tones.alias), time.perf_counter() + 1)


# --- tones ---


@pytest.mark.parametrize(
    ("info", "name", "alias"),
    [
        ("python", "Python", "python"),
        ("py title=x", "Python", "py"),
        ("JS", "JavaScript", "js"),
        ("c++", "C++", "c++"),
        ("sh", "Shell", "sh"),
        ("bash", "Shell", "bash"),
        ("json", "JSON", "json"),
        ("{.python .numberLines}", "Python", "python"),
        ("mermaid", "mermaid", ""),
        ("x" * 60, "x" * 40, ""),
        ("mcschema", "MCSchema", ""),  # its rules take for ever on "<!--"
        ("", "", ""),
        ("  ", "", ""),
    ],
)
def test_a_language_has_the_name_that_people_know(info: str, name: str, alias: str) -> None:
    assert language(info) == (name, alias)


@pytest.mark.parametrize(("tokens", "tones"), [(themes.LIGHT, toning.LIGHT), (themes.DARK, toning.DARK)])
def test_every_tone_is_readable(tokens: themes.Tokens, tones: dict[str, str]) -> None:
    ground = luminance(tokens.surface)
    for color in tones.values():
        lighter, darker = sorted([ground, luminance(color)], reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(color: str) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    parts = QColor(color)
    red, green, blue = (linear(value) for value in (parts.redF(), parts.greenF(), parts.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_of_code_have_tones() -> None:
    lines = tones_of(_PYTHON)
    assert Span(0, 3, "keyword") in lines[0]
    assert Span(4, 5, "name") in lines[0]
    assert [span.tone for span in lines[3]] == ["string"]
    assert [span.tone for span in lines[5]] == ["keyword", "number", "comment"]


def test_characters_beyond_the_basic_plane_count_as_two() -> None:
    (line,) = tones_of('a = "😀😀" + 1')
    assert [(span.start, span.length) for span in line] == [(4, 6), (13, 1)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(['"""', "x = 1", "", "    y = 'a'", "def f():", "# c", "😀 = 2", "}", "/* a", "b */"])),
    st.lists(st.integers(1, 40), min_size=1),
    st.sampled_from(["python", "json", "c", "html"]),
)
def test_code_that_came_in_pieces_has_the_same_tones_in_the_end(lines: list[str], cuts: list[int], alias: str) -> None:
    text = "\n".join(lines)
    tones, end = Tones(alias), 0
    for cut in cuts * (1 + len(text)):
        end += cut
        tones.grow(text[:end], closed=False)
        finish(tones)
        if end >= len(text):
            break
    tones.grow(text, closed=True)
    finish(tones)
    assert [line for line in tones.lines if line] == [line for line in tones_of(text, alias) if line]


def test_a_text_that_grows_is_read_on_from_where_nothing_is_open() -> None:
    tones = Tones("python")
    text = "x = 1\n" * 500 + '"""\n'
    tones.grow(text, closed=False)
    finish(tones)
    read: list[range] = []
    for index in range(20):
        text += f"inside {index}\n"
        tones.grow(text, closed=False)
        read.append(tones.work(toning.lexer("python"), time.perf_counter() + 1))
    assert {span.tone for line in tones.lines[502:520] for span in line} == {"string"}
    assert max(len(lines) for lines in read) < 30


def test_very_long_lines_and_blocks_are_left_alone() -> None:
    lines = tones_of("x = 1\ny = '" + "a" * LONGEST + "'\nz = 2")
    assert [len(line) for line in lines] == [1, 0, 1]
    tones = Tones("python")
    tones.grow("x = 1\n" * (MOST // 6 + 1), closed=True)
    assert not tones.is_waiting


def test_rules_that_fail_or_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    lexer = toning.lexer("python")
    tones = Tones("python")
    tones.grow("x = 1\n" * 5, closed=True)
    monkeypatch.setattr(toning, "_TOO_LONG", 0.0)
    tones.work(lexer, time.perf_counter() + 1)
    assert tones.given_up
    assert not tones.is_waiting


@pytest.mark.parametrize("name", sorted(TRIED))
def test_no_language_stops_the_window_for_hostile_code(name: str) -> None:
    alias = next(alias for alias, known in toning.languages().items() if known == name)
    lexer = toning.lexer(alias)
    slowest = 0.0
    for run in ("a", "(", "/*", "<!--", "\\", '"', "a ", "\t", "{{", "1_", '"""'):
        tones = Tones(alias)
        tones.grow((run * LONGEST)[:900] + "\n" + (run + "\n") * 20, closed=True)
        for _ in range(30):
            began = time.process_time()
            tones.work(lexer, time.perf_counter() + 0.0001)
            slowest = max(slowest, time.process_time() - began)
    assert slowest < 0.2  # a line; on a busy machine too


def test_the_tones_of_code_that_comes_back_are_known(qtbot: QtBot) -> None:
    asked = Highlighting()
    first = asked.tones("python", _PYTHON, closed=True)
    qtbot.waitUntil(lambda: not first.is_waiting)
    assert asked.tones("python", _PYTHON, closed=True) is first
    assert asked.tones("json", _PYTHON, closed=True) is not first
    assert asked.tones("python", _PYTHON[:-4], closed=False) is not first
    destroy(asked)


# --- the row ---


def test_a_row_is_as_high_as_its_lines(host: Host, page: QWidget) -> None:
    row = CodeRow(host, page)
    row.show_content(code("one\ntwo\nthree"))
    assert row.height_for(600) == HEAD + 3 * LINE + CODE_PADDING
    assert row.height_for(200) == row.height_for(600)
    row.show_content(code(_WIDE, last=False))
    assert row.height_for(200) == HEAD + LINE
    row.show_content(code(_WIDE, first=False))
    assert row.height_for(200) == LINE + CODE_PADDING
    row.show_content(code("a " * WRAPPED))
    wrapped = row.height_for(400)
    assert wrapped > HEAD + 20 * LINE
    assert row.height_for(800) < wrapped


def test_the_box_goes_on_from_part_to_part(host: Host, page: QWidget, theme: Theme) -> None:
    first, middle, last = parts(host, page, "a\nb", "c", "d")
    edge = theme.tokens.line.lower()

    def across(row: CodeRow) -> list[bool]:
        """Whether the edge of the box runs along the top and the bottom of a row."""
        image = row.grab().toImage()
        return [image.pixelColor(300, y).name() == edge for y in (0, image.height() - 1)]

    assert [across(row) for row in (first, middle, last)] == [[True, False], [False, False], [False, True]]
    image = middle.grab().toImage()
    sides = {image.pixelColor(x, y).name() for x in (0, image.width() - 1) for y in (0, LINE // 2, LINE - 1)}
    assert sides == {edge}


def test_code_gets_its_tones_and_keeps_its_text(host: Host, page: QWidget, qtbot: QtBot) -> None:
    row = shown(CodeRow(host, page), code(_PYTHON.rstrip(), "python"))
    read_all(host, qtbot)
    assert toning.LIGHT["string"] in colors(row, 3)
    assert toning.LIGHT["comment"] in colors(row, 5)
    assert row.view.toPlainText() == _PYTHON.rstrip()
    assert row.view.cursorRect(at(row, "return")).width() > 0  # it has a layout again
    row.let_go()
    shown(row, code("plain"))
    assert colors(row, 0) == set()


def at(row: CodeRow, word: str) -> QTextCursor:
    cursor = row.view.textCursor()
    cursor.setPosition(row.view.toPlainText().index(word))
    return cursor


def test_a_string_goes_on_in_the_next_part(host: Host, page: QWidget, qtbot: QtBot) -> None:
    _, second = parts(host, page, 'x = """', "within\nif\n" + '"""\nif x:')
    read_all(host, qtbot)
    assert colors(second, 1) == {toning.LIGHT["string"]}
    assert colors(second, 3) == {toning.LIGHT["keyword"]}


def test_parts_that_are_alike_have_each_its_own_tones(host: Host, page: QWidget, qtbot: QtBot) -> None:
    first, second = parts(host, page, *['"""\nif'] * 2)
    read_all(host, qtbot)
    assert colors(first, 1) == {toning.LIGHT["string"]}
    assert colors(second, 1) == {toning.LIGHT["keyword"]}


def test_lines_that_come_are_added_and_nothing_else_changes(host: Host, page: QWidget, qtbot: QtBot) -> None:
    row = shown(CodeRow(host, page), code("x = 1\ny", "python", is_open=True))
    cursor = row.view.textCursor()
    cursor.setPosition(0)
    cursor.setPosition(7, QTextCursor.MoveMode.KeepAnchor)
    row.view.setTextCursor(cursor)
    told: list[bool] = []
    row.view.copyAvailable.connect(told.append)
    shown(row, code("x = 1\nyes = 'a'\nz", "python", is_open=True))
    assert row.view.textCursor().selectedText() == "x = 1\u2029y"
    assert row.view.toPlainText() == "x = 1\nyes = 'a'\nz"
    assert False not in told
    read_all(host, qtbot)
    assert toning.LIGHT["string"] in colors(row, 1)
    assert colors(row, 2) == set()
    shown(row, code("x = 1\nyes = 'a'\nzero = 0", "python"))
    read_all(host, qtbot)
    assert toning.LIGHT["number"] in colors(row, 2)
    assert row.view.textCursor().selectedText() == "x = 1\u2029y"


def test_other_code_takes_the_place_of_what_was_there(host: Host, page: QWidget) -> None:
    row = shown(CodeRow(host, page), code("one\ntwo", "python"))
    row.view.selectAll()
    row.let_go()
    shown(row, code("three", "json"))
    assert (row.view.toPlainText(), row.language) == ("three", "JSON")
    assert not row.view.textCursor().hasSelection()


def test_copy_takes_the_whole_block_and_says_so(host: Host, page: QWidget) -> None:
    first, second = parts(host, page, "one", "two")
    (button,) = first.findChildren(QAbstractButton)
    assert button.isVisibleTo(first)
    assert (button.accessibleName(), button.toolTip()) == ("Copy the code", "Copy the code")
    assert not any(each.isVisibleTo(second) for each in second.findChildren(QAbstractButton))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "one\ntwo"
    assert button.toolTip() == "Copied"
    assert button.accessibleName() == "Copy the code"


def test_the_parts_of_wide_code_move_together(host: Host, page: QWidget) -> None:
    first, second = parts(host, page, "short", _WIDE)
    wheel(second, QPoint(-120, 0))
    assert second.offset == 60
    assert first.offset == 60
    wheel(first, QPoint(0, -240), Qt.KeyboardModifier.ShiftModifier)
    assert first.offset == second.offset == 180
    first.view.setFocus()
    QTest.keyClick(first.view, Qt.Key.Key_Left)
    assert first.offset == second.offset == 140
    for row in (first, second):
        row.shift(100_000)
    assert first.offset == second.offset > 1000


def test_what_is_not_turned_sideways_is_the_conversations(host: Host, page: QWidget) -> None:
    row = shown(CodeRow(host, page), code(_WIDE))
    assert not wheel(row, QPoint(0, -120))
    assert not wheel(row, QPoint(-20, -120))
    assert row.offset == 0
    narrow = shown(CodeRow(host, page), code("x"))
    assert not wheel(narrow, QPoint(-120, 0))


def wheel(row: CodeRow, turned: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> bool:
    """Turn the wheel over the code; whether the row has taken it."""
    place = QPointF(20, 5)
    event = QWheelEvent(
        place,
        row.mapToGlobal(place),
        QPoint(),
        turned,
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    row.wheelEvent(event)
    return event.isAccepted()


def test_a_bar_appears_below_wide_code_and_takes_no_room(host: Host, page: QWidget) -> None:
    row = shown(CodeRow(host, page), code("x = 1", is_open=True))
    before = row.height_for(600)
    assert row.findChildren(QScrollBar, options=Qt.FindChildOption.FindDirectChildrenOnly) == []
    shown(row, code("x = 1" + " + 1" * 100, is_open=True))
    (bar,) = row.findChildren(QScrollBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert row.height_for(600) == before
    assert bar.isVisible()
    assert bar.accessibleName()
    assert bar.geometry().bottom() < row.height()
    bar.setValue(50)
    assert row.offset == 50
    row.resize(4000, row.height())
    assert not bar.isVisible()
    assert row.offset == 0


def test_a_place_in_wide_code_can_be_brought_into_view(host: Host, page: QWidget) -> None:
    row = shown(CodeRow(host, page), code(_WIDE))
    row.reveal(300)
    x = row.view.cursorRect(at(row, "'" + "wide")).x()
    assert x < row.offset
    row.reveal(0)
    assert row.offset == 0


def test_the_focus_of_the_keyboard_shows_around_the_box(host: Host, page: QWidget, theme: Theme) -> None:
    row = shown(CodeRow(host, page), code("one\ntwo"))
    row.view.setFocus(Qt.FocusReason.TabFocusReason)
    assert row.grab().toImage().pixelColor(300, 0).name() == theme.tokens.accent.lower()
    row.view.clearFocus()
    assert row.grab().toImage().pixelColor(300, 0).name() == theme.tokens.line.lower()


def test_the_menu_is_the_messages(host: Host, page: QWidget) -> None:
    row = shown(CodeRow(host, page), code("one"))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(20, 45), row.mapToGlobal(QPoint(20, 45)))
    event.accept()
    QApplication.sendEvent(row.view.viewport(), event)
    assert not event.isAccepted()


def test_code_is_read_from_left_to_right_and_named(host: Host, page: QWidget) -> None:
    row = shown(CodeRow(host, page), code("אבג = 1", "python"))
    assert row.view.accessibleName() == "Code, Python"
    option = row.view.document().defaultTextOption()
    assert option.textDirection() == Qt.LayoutDirection.LeftToRight
    shown(row, code("אבג"))
    assert row.view.accessibleName() == "Code"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("ab\n\t 😀漢é{}\"'"), max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_code_that_grows_shows_what_it_would_show_at_once(
    host: Host, page: QWidget, text: str, cuts: list[int]
) -> None:
    row = CodeRow(host, page)
    for cut in sorted(cuts):
        shown(row, code(text[:cut], "python", is_open=True))
    shown(row, code(text, "python"))
    assert row.view.toPlainText() == text
    assert row.height_for(600) == HEAD + (text.count("\n") + 1) * LINE + CODE_PADDING
    row.hide()
    destroy(row)
