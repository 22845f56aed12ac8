"""Selecting in the conversation, from one row to another and beyond what is on screen, and what is copied of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.core.blocks import split
from app.ui.transcript.content import Prose
from app.ui.transcript.places import Place, TextContent
from app.ui.transcript.reader import Reader, raw_text
from app.ui.transcript.selection import Selection
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.view import Transcript
from tests.ui.talk import ANSWER, PICTURE, answer, question, selected, talk, view

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def point(view: SafeTextView, position: int) -> QPoint:
    """The place on the screen between two characters."""
    cursor = view.textCursor()
    cursor.setPosition(position)
    return view.viewport().mapToGlobal(view.cursorRect(cursor).center())


def send(
    to: QWidget,
    kind: QEvent.Type,
    at: QPoint,
    *,
    held: bool = False,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    button = NONE if kind == QEvent.Type.MouseMove else LEFT
    place = QPointF(to.mapFromGlobal(at))
    QApplication.sendEvent(to, QMouseEvent(kind, place, QPointF(at), button, LEFT if held else NONE, keys))


def press(view: SafeTextView, at: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    send(view.viewport(), QEvent.Type.MouseButtonPress, at, held=True, keys=keys)


def drag(view: SafeTextView, *points: QPoint) -> None:
    """From the first point to the last, all with the button held that goes down in the view."""
    press(view, points[0])
    for at in points[1:]:
        send(view.viewport(), QEvent.Type.MouseMove, at, held=True)
    send(view.viewport(), QEvent.Type.MouseButtonRelease, points[-1])


def texts(transcript: Transcript, message: int) -> int:
    """Rows of text that a message has."""
    return sum(isinstance(row.content, TextContent) for row in transcript.rows_of(message))


def place(message: str, nth: int, position: int) -> Place:
    return Place(message, thought=False, nth=nth, position=position)


def painted(transcript: Transcript) -> list[tuple[int, int]]:
    """The rows on screen in which something is selected."""
    return [
        (number, row)
        for number, row, widget in transcript.on_screen()
        if widget.view is not None and widget.view.selection is not None
    ]


# --- selecting ---


def test_within_a_row_it_is_what_qt_selects(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    row = view(transcript, 1, 1)
    drag(row, point(row, 4), point(row, 10))
    assert selected(transcript) == "second"
    assert painted(transcript) == [(1, 1)]


def test_a_drag_goes_on_in_other_rows_and_messages(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    first, last = view(transcript, 0, 0), view(transcript, 1, 1)
    drag(first, point(first, 9), point(view(transcript, 1, 0), 3), point(last, 10))
    assert selected(transcript) == "You:\n\n0?\n\nClaude:\n\nThe first paragraph.\n\nThe second"
    assert painted(transcript) == [(0, 0), (1, 0), (1, 1)]


def test_upwards_and_back_again(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    first, last = view(transcript, 1, 0), view(transcript, 1, 1)
    press(last, point(last, 3))
    send(last.viewport(), QEvent.Type.MouseMove, point(first, 4), held=True)
    assert selected(transcript) == "first paragraph.\n\nThe"
    send(last.viewport(), QEvent.Type.MouseMove, point(last, 10), held=True)
    assert selected(transcript) == " second"
    assert painted(transcript) == [(1, 1)]


def test_it_begins_once(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    begun: list[bool] = []
    transcript.selection.begun.connect(lambda: begun.append(True))
    first, last = view(transcript, 0, 0), view(transcript, 1, 1)
    press(first, point(first, 1))
    assert begun == []
    send(first.viewport(), QEvent.Type.MouseMove, point(first, 5), held=True)
    send(first.viewport(), QEvent.Type.MouseMove, point(last, 5), held=True)
    assert begun == [True]


def test_between_rows_a_drag_begins_with_the_nearest_text(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    first, last = view(transcript, 1, 0), view(transcript, 1, 1)
    viewport = transcript.viewport()
    beside = viewport.mapToGlobal(QPoint(3, first.mapTo(viewport, QPoint()).y() + 4))
    send(viewport, QEvent.Type.MouseButtonPress, beside, held=True)
    send(viewport, QEvent.Type.MouseMove, point(last, 3), held=True)
    send(viewport, QEvent.Type.MouseButtonRelease, point(last, 3))
    assert selected(transcript) == "The first paragraph.\n\nThe"


def test_shift_and_a_click_select_up_to_there(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    first, last = view(transcript, 1, 0), view(transcript, 1, 1)
    drag(first, point(first, 4), point(first, 4))
    assert transcript.selection.empty
    press(last, point(last, 3), SHIFT)
    send(last.viewport(), QEvent.Type.MouseButtonRelease, point(last, 3), keys=SHIFT)
    assert selected(transcript) == "first paragraph.\n\nThe"
    press(first, point(first, 9), SHIFT)
    assert selected(transcript) == "first"


def test_double_and_triple_clicks_are_qts(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(1))
    row = view(transcript, 1, 0)
    at = row.viewport().mapFromGlobal(point(row, 6))
    QTest.mouseClick(row.viewport(), LEFT, pos=at)
    QTest.mouseDClick(row.viewport(), LEFT, pos=at)
    assert selected(transcript) == "first"
    QTest.mouseClick(row.viewport(), LEFT, pos=at)
    assert selected(transcript) == "The first paragraph."


def test_a_click_or_escape_selects_nothing(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    first, last = view(transcript, 0, 0), view(transcript, 1, 1)
    drag(first, point(first, 0), point(last, 10))
    QTest.mouseClick(last.viewport(), LEFT, pos=QPoint(20, 8))
    assert transcript.selection.empty
    assert painted(transcript) == []
    drag(first, point(first, 0), point(last, 10))
    QTest.keyClick(first, Qt.Key.Key_Escape)
    assert transcript.selection.empty
    assert painted(transcript) == []


def test_a_press_within_what_is_selected_begins_anew(show: Callable[..., Transcript]) -> None:
    """Qt would begin to drag the words, in an event loop of its own."""
    transcript = show(talk(1))
    row = view(transcript, 1, 0)
    drag(row, point(row, 0), point(row, 9))
    drag(row, point(row, 4), point(row, 20))
    assert selected(transcript) == "first paragraph."


def test_beyond_the_edge_it_scrolls_the_faster_the_farther(show: Callable[..., Transcript], qtbot: QtBot) -> None:
    transcript = show(talk(20))
    first = view(transcript, 0, 0)
    viewport = transcript.viewport()
    below = viewport.mapToGlobal(QPoint(100, viewport.height() + 300))
    press(first, point(first, 0))
    send(first.viewport(), QEvent.Type.MouseMove, below, held=True)
    qtbot.waitUntil(lambda: transcript.on_screen()[0][0] > 3)
    send(first.viewport(), QEvent.Type.MouseButtonRelease, below)
    last = transcript.on_screen()[-1]
    now = transcript.on_screen()
    qtbot.waitUntil(lambda: transcript.selection.excerpts()[0].message.id == "q0")
    assert transcript.on_screen() == now
    assert transcript.selection.excerpts()[-1].number in {last[0], last[0] - 1}
    assert transcript.selection.excerpts()[0].first == (0, 0)


def test_it_survives_being_scrolled_away(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(120))
    first, last = view(transcript, 0, 0), view(transcript, 1, 1)
    drag(first, point(first, 9), point(last, 10))
    before = selected(transcript)
    transcript.setFocus()  # what has the focus keeps its widget
    bar = transcript.verticalScrollBar()
    for value in (bar.maximum() // 3, bar.maximum() // 2, bar.maximum()):
        bar.setValue(value)
        assert painted(transcript) == []
        assert selected(transcript) == before
    bar.setValue(0)
    assert painted(transcript) == [(0, 0), (1, 0), (1, 1)]
    assert view(transcript, 1, 1).selection == (0, 10)


def test_and_a_change_of_width(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    first, last = view(transcript, 0, 0), view(transcript, 1, 1)
    drag(first, point(first, 9), point(last, 10))
    before = selected(transcript)
    transcript.resize(500, 500)
    QApplication.processEvents()
    assert selected(transcript) == before
    assert painted(transcript) == [(0, 0), (1, 0), (1, 1)]


def test_and_older_messages_that_come_in_before_it(show: Callable[..., Transcript], chat: Chat) -> None:
    messages = talk(30)
    transcript = show(messages[40:])
    first, last = view(transcript, 0, 0), view(transcript, 1, 1)
    drag(first, point(first, 9), point(last, 10))
    before = selected(transcript)
    chat.messages.prepend(messages[:40])
    QApplication.processEvents()
    assert selected(transcript) == before
    assert transcript.selection.excerpts()[0].number == 40


def test_and_the_growing_of_an_answer(show: Callable[..., Transcript], chat: Chat, qtbot: QtBot) -> None:
    growing = answer(0, "One paragraph.\n\nAnd **ano", state="streaming")
    transcript = show([question(0), growing])
    drag(view(transcript, 1, 0), point(view(transcript, 1, 0), 4), point(view(transcript, 1, 1), 3))
    assert selected(transcript) == "paragraph.\n\nAnd"
    for end in ("ther** one", "ther** one.\n\nA third.", "ther** one.\n\nA third.\n\n```\ncode\n```\n"):
        text = "One paragraph.\n\nAnd **ano" + end
        chat.messages.replace_last(answer(0, text, state="streaming"))
        qtbot.waitUntil(lambda: texts(transcript, 1) == len(split(text)))  # noqa: B023
        qtbot.waitUntil(lambda: painted(transcript) == [(1, 0), (1, 1)])
        assert selected(transcript) == "paragraph.\n\nAnd"


def test_and_unfolding_what_was_thought(show: Callable[..., Transcript]) -> None:
    transcript = show([question(0), answer(0, "Said.\n\nAnd more.", thinking="Thought.\n\nMore thoughts.")])
    first, last = view(transcript, 1, 1), view(transcript, 1, 2)
    drag(first, point(first, 0), point(last, 3))
    assert selected(transcript) == "Said.\n\nAnd"
    fold = transcript.widget_at(1, 0)
    transcript.host.folded.emit(fold)
    assert len(transcript.rows_of(1)) > 5
    assert selected(transcript) == "Said.\n\nAnd"
    assert painted(transcript) == [(1, 3), (1, 4)]
    transcript.host.folded.emit(fold)
    assert painted(transcript) == [(1, 1), (1, 2)]


def test_it_goes_with_the_message_it_is_in(show: Callable[..., Transcript], chat: Chat) -> None:
    transcript = show(talk(2))
    row = view(transcript, 1, 0)
    drag(row, point(row, 4), point(row, 9))
    chat.messages.reset([question(7), answer(7)])
    assert transcript.selection.empty
    assert painted(transcript) == []


def test_control_a_selects_the_row_and_then_all(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(30))
    row = view(transcript, 1, 0)
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_A, CONTROL)
    assert selected(transcript) == "The first paragraph."
    QTest.keyClick(row, Qt.Key.Key_A, CONTROL)
    assert len(transcript.selection.excerpts()) == 60
    transcript.selection.clear()
    transcript.setFocus()
    QTest.keyClick(transcript, Qt.Key.Key_A, CONTROL)
    assert len(transcript.selection.excerpts()) == 60
    assert {(number, row) for number, row, w in transcript.on_screen() if w.view is not None} == set(
        painted(transcript)
    )


def test_shift_and_an_arrow_select_within_a_row(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(1))
    row = view(transcript, 1, 0)
    drag(row, point(row, 4), point(row, 4))
    QTest.keyClick(row, Qt.Key.Key_Right, SHIFT)
    QTest.keyClick(row, Qt.Key.Key_Right, SHIFT)
    assert selected(transcript) == "fi"


# --- copying ---


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_control_c_copies_text_with_and_without_its_looks(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(1))
    first, last = view(transcript, 1, 0), view(transcript, 1, 1)
    drag(first, point(first, 0), point(last, last.length))
    QTest.keyClick(first, Qt.Key.Key_C, CONTROL)
    assert clipboard() == "The first paragraph.\n\nThe second one, which is longer."
    rich = QGuiApplication.clipboard().mimeData().html()
    assert "<b>second</b>" in rich or "<strong>second</strong>" in rich
    assert "color" not in rich
    assert "font" not in rich


def test_whole_blocks_are_copied_as_they_were_written(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(2))
    first, last = view(transcript, 1, 0), view(transcript, 1, 3)
    drag(first, point(first, 4), point(last, last.length))
    copied = transcript.copying.markdown(transcript.selection.excerpts())
    assert copied == "first paragraph.\n\n" + ANSWER.partition("\n\n")[2]
    transcript.selection.select_all()
    copied = transcript.copying.markdown(transcript.selection.excerpts())
    assert copied.startswith(f"**You:**\n\nQuestion 0?\n\n**Claude:**\n\n{ANSWER}\n\n**You:**\n\nQuestion 1?")


def test_pictures_are_copied_by_their_names(show: Callable[..., Transcript]) -> None:
    pasted = replace(PICTURE, number=2, name="")
    transcript = show([question(0, "What is it?", PICTURE, pasted), answer(0, "A chart.")])
    transcript.selection.select_all()
    excerpts = transcript.selection.excerpts()
    told = "[Image 1: q4-dashboard.png]\n[Image 2]\n\nWhat is it?"
    assert transcript.copying.text(excerpts) == f"You:\n\n{told}\n\nClaude:\n\nA chart."
    assert transcript.copying.markdown(excerpts) == f"**You:**\n\n{told}\n\n**Claude:**\n\nA chart."
    assert "<p>[Image 1: q4-dashboard.png]<br>[Image 2]</p>" in transcript.copying.html(excerpts)


def test_a_message_is_copied_without_what_was_thought(show: Callable[..., Transcript]) -> None:
    transcript = show([question(0), answer(0, "It is **so**.", thinking="Thought.")])
    transcript.host.folded.emit(transcript.widget_at(1, 0))
    message = transcript.messages[1]
    transcript.copying.copy(message, "text")
    assert clipboard() == "It is so."
    transcript.copying.copy(message, "markdown")
    assert clipboard() == "It is **so**."
    transcript.copying.copy(message, "rich")
    assert clipboard() == "It is so."
    assert QGuiApplication.clipboard().mimeData().hasHtml()


def test_the_last_answer(show: Callable[..., Transcript]) -> None:
    transcript = show([*talk(1), question(1)])
    transcript.copying.copy_last()
    assert clipboard() == ANSWER


def test_only_what_claude_said_is_taken_where_an_answer_is_asked_for(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(1))
    first, last = view(transcript, 0, 0), view(transcript, 1, 0)
    drag(first, point(first, 0), point(last, 9))
    assert transcript.copying.selected_in_answers() == "The first"


def test_a_table_of_many_parts_is_one(show: Callable[..., Transcript]) -> None:
    rows = "".join(f"| {n} | cell {n} |\n" for n in range(100))
    transcript = show([question(0), answer(0, f"| a | b |\n| --- | --- |\n{rows}")])
    assert texts(transcript, 1) > 1
    transcript.copying.copy(transcript.messages[1], "rich")
    rich = QGuiApplication.clipboard().mimeData().html()
    assert rich.count("<table") == rich.count("</table>") == 1
    assert rich.count("<tr") == 101
    assert "cell 99" in clipboard()


TABLE = "Before.\n\n| Fruit | Colour |\n| --- | --- |\n| **Plum** | =blue |\n| Fig | green |\n\nAfter."


def test_a_table_is_copied_as_lines_with_tabs(show: Callable[..., Transcript]) -> None:
    transcript = show([question(0), answer(0, TABLE)])
    rows = "Fruit\tColour\nPlum\t'=blue\nFig\tgreen"
    transcript.copying.copy(transcript.messages[1], "text")
    assert clipboard() == f"Before.\n\n{rows}\n\nAfter."
    transcript.selection.select_all()
    assert selected(transcript).endswith(f"Before.\n\n{rows}\n\nAfter.")


def test_of_a_table_that_is_selected_in_part_whole_cells_are_copied(show: Callable[..., Transcript]) -> None:
    transcript = show([question(0), answer(0, TABLE)])
    cells = view(transcript, 1, 1)
    at = {words: cells.document().find(words).selectionStart() for words in ("Plum", "=blue", "green", "Colour")}
    select = transcript.selection.select
    select(place("a0", 1, at["=blue"] + 1), place("a0", 2, 5))
    assert selected(transcript) == "Plum\t'=blue\nFig\tgreen\n\nAfter"
    transcript.copying.copy_selection()
    rich = QGuiApplication.clipboard().mimeData().html()
    assert (rich.count("<tr>"), "Plum" in rich, "Fruit" in rich) == (2, True, False)
    select(place("a0", 1, at["Colour"] + 2), place("a0", 1, at["=blue"] + 1))
    assert selected(transcript) == "Colour\n'=blue"
    transcript.copying.copy_selection()
    rich = QGuiApplication.clipboard().mimeData().html()
    assert (rich.count("<td>"), "Plum" in rich) == (2, False)
    select(place("a0", 1, at["green"] + 1), place("a0", 1, at["green"] + 3))
    assert selected(transcript) == "re"


def test_of_a_selected_table_nothing_before_its_cells_is_painted(show: Callable[..., Transcript]) -> None:
    transcript = show([question(0), answer(0, TABLE)])
    transcript.selection.select_all()
    cells = view(transcript, 1, 1)
    assert cells.textCursor().selectedTableCells() == (0, 3, 0, 2)
    assert cells.textCursor().selectionStart() == 1
    transcript.selection.clear()
    assert cells.selection is None


def test_control_a_in_a_table_selects_it_and_then_all(show: Callable[..., Transcript]) -> None:
    transcript = show([question(0), answer(0, TABLE)])
    cells = view(transcript, 1, 1)
    cells.setFocus()
    QTest.keyClick(cells, Qt.Key.Key_A, CONTROL)
    assert selected(transcript).startswith("Fruit\tColour")
    QTest.keyClick(cells, Qt.Key.Key_A, CONTROL)
    assert "Question 0?" in selected(transcript)


def test_code_is_copied_with_its_language(show: Callable[..., Transcript]) -> None:
    transcript = show([question(0), answer(0, '```c++"> x\na < b\n```\n\n```\nplain\n```')])
    transcript.copying.copy(transcript.messages[1], "rich")
    rich = QGuiApplication.clipboard().mimeData().html()
    assert '<pre><code class="language-c++&quot;&gt;">a &lt; b</code></pre>' in rich
    assert "<pre><code>plain</code></pre>" in rich


def test_an_answer_that_begins_with_a_definition_is_told_from_what_was_thought(show: Callable[..., Transcript]) -> None:
    text = "[a]: https://a.example/\n\n```\ncode\n```\n\nSee [this][a]."
    transcript = show([question(0), answer(0, text, thinking="Thought.\n\n```\nidea\n```")])
    transcript.host.folded.emit(transcript.widget_at(1, 0))
    transcript.copying.copy(transcript.messages[1], "text")
    assert clipboard() == "code\n\nSee this."


def test_code_of_many_parts_is_one(show: Callable[..., Transcript]) -> None:
    code = "\n".join(f"line {n}" for n in range(500))
    transcript = show([question(0), answer(0, f"```\n{code}\n```")])
    transcript.copying.copy(transcript.messages[1], "text")
    assert clipboard() == code
    transcript.selection.select_all()
    assert code in selected(transcript)


def test_a_very_long_text_is_copied_whole(show: Callable[..., Transcript]) -> None:
    text = "\n\n".join(f"Paragraph {n} of **many**." for n in range(12_000))
    transcript = show([question(0), answer(0, text)])
    transcript.copying.copy(transcript.messages[1], "text")
    assert "Paragraph 11999" in clipboard()
    transcript.selection.select_all()
    assert "Paragraph 11999" in transcript.copying.markdown(transcript.selection.excerpts())


def test_a_long_conversation_is_copied_whole(show: Callable[..., Transcript]) -> None:
    transcript = show(talk(1_500))
    transcript.selection.select_all()
    copied = selected(transcript)
    assert copied.count("Question") == 1_500
    assert copied.count("The end.") == 1_500
    assert "The second one" in copied[:2_000]  # as it is read …
    assert "The **second** one" in copied[-2_000:]  # … and, where that would take too long, as it was written


def test_no_words_are_wrong_of_rows_that_have_no_widget(show: Callable[..., Transcript]) -> None:
    """What is not shown reads like what is."""
    transcript = show([question(0), answer(0, ANSWER + "\n\n- one\n- two\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n")])
    reader = Reader(transcript.host, transcript)
    for index, row in enumerate(transcript.rows_of(1)):
        if isinstance(row.content, TextContent):
            assert reader.raw(row.content) == raw_text(view(transcript, 1, index))


@pytest.fixture
def reader(show: Callable[..., Transcript]) -> Reader:
    transcript = show(talk(1))
    return Reader(transcript.host, transcript)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text("aZ .,:;!?-()'\"é中😀 1#+=%^{}/@\u00a0&*\\", min_size=1, max_size=30))
def test_sentences_that_need_no_reading_are_read_right(reader: Reader, text: str) -> None:
    for block in split(text):
        content = Prose(block)
        if block.kind == "prose" and not block.plain and reader.literal(content) is not None:
            assert reader.raw(content) == raw_text(reader.view_of(content))


def test_places_stay_right_while_messages_come_in_before_them(show: Callable[..., Transcript], chat: Chat) -> None:
    messages = talk(10)
    transcript = show(messages[10:])
    transcript.selection.select(Place("a7", False, 1, 4), Place("a7", False, 1, 10))
    assert selected(transcript) == "second"
    chat.messages.prepend(messages[:10])
    assert selected(transcript) == "second"
    assert isinstance(transcript.selection, Selection)
