"""Finding words in the conversation: what is found, where one gets to, what is marked, and the bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.message import Message
from app.ui.main_window import MainWindow
from app.ui.message_edit import MessageEdit
from app.ui.theme import Theme
from app.ui.transcript.find import Find
from app.ui.transcript.find_bar import FindBar
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.view import Transcript
from tests.conftest import destroy
from tests.ui.talk import answer, question, selected, talk

pytestmark = pytest.mark.usefixtures("american_figures")

SHIFT = Qt.KeyboardModifier.ShiftModifier


class Told:
    """What was said last of what was found."""

    def __init__(self, find: Find) -> None:
        self.current, self.count, self.complete = 0, 0, False
        find.found.connect(self._hear)

    def _hear(self, current: int, count: int, complete: bool) -> None:
        self.current, self.count, self.complete = current, count, complete


@pytest.fixture
def search(qtbot: QtBot) -> Callable[[Transcript, str], Told]:
    """Looks for words until all are counted."""

    def look(transcript: Transcript, text: str) -> Told:
        told = Told(transcript.find_bar.finding)
        transcript.find_bar.finding.search(text)
        qtbot.waitUntil(lambda: told.complete)
        return told

    return look


def marks(transcript: Transcript) -> list[str]:
    """The words that are marked on screen, from top to bottom."""
    return [
        extra.cursor.selectedText()
        for _, _, widget in transcript.on_screen()
        if widget.view is not None
        for extra in widget.view.extraSelections()
    ]


def place_of_current(transcript: Transcript) -> tuple[SafeTextView, int, int]:
    """The view of the current hit, and from where to where it goes in it."""
    find = transcript.find_bar.finding
    spot = find.current
    assert spot is not None
    widget = transcript.widget_at(spot.message, spot.row)
    assert widget is not None
    assert widget.view is not None
    return widget.view, spot.position, spot.position + len(find.text)


def words_of_current(transcript: Transcript) -> str:
    view, start, end = place_of_current(transcript)
    return view.plain_between(start, end)


def height_of_current(transcript: Transcript) -> int:
    """Pixels from the top of the viewport."""
    view, start, _ = place_of_current(transcript)
    cursor = QTextCursor(view.document())
    cursor.setPosition(start)
    return view.viewport().mapTo(transcript.viewport(), view.cursorRect(cursor).center()).y()


# --- what is found ---


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("PARAGRAPH", 3),
        ("second one, which", 3),
        ("**second**", 0),
        ("x = 1", 3),
        ("question", 3),
        ("end.", 3),
        ("absent", 0),
        ("1", 4),
    ],
)
def test_it_finds_what_is_read(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told], text: str, count: int
) -> None:
    assert search(show(talk(3)), text).count == count


def test_tables_and_what_was_thought_if_that_is_unfolded(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told], qtbot: QtBot
) -> None:
    table = "| Fruit | Colour |\n| --- | --- |\n| **Plum** | blue |\n"
    transcript = show([question(0), answer(0, table, thinking="A plum is a fruit.")])
    told = search(transcript, "plum")
    assert told.count == 1
    transcript.host.folded.emit(transcript.widget_at(1, 0))
    transcript.find_bar.finding.next()
    qtbot.waitUntil(lambda: told.count == 2)


def test_it_begins_with_what_is_on_screen_and_comes_around(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    transcript = show(talk(40))
    transcript.reveal(40, 0)
    told = search(transcript, "question")
    first = told.current
    assert told.count == 40
    assert transcript.messages[transcript.find_bar.finding.current.message].id in {"q19", "q20"}  # type: ignore[union-attr]
    for step in range(1, 41):
        transcript.find_bar.finding.next()
        assert told.current == (first + step - 1) % 40 + 1
        assert words_of_current(transcript) == "Question"
        assert 0 < height_of_current(transcript) < transcript.viewport().height()
    transcript.find_bar.finding.previous()
    assert told.current == (first - 2) % 40 + 1


def test_a_hit_in_the_middle_of_much_code_is_brought_into_view(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    code = "\n".join(f"line {n} {'x' * 300 * (n == 150)}here" for n in range(190))
    transcript = show([question(9), answer(9, f"```\n{code}\n```"), *talk(3)])
    search(transcript, "line 150")
    assert 0 < height_of_current(transcript) < transcript.viewport().height()
    search(transcript, "xhere")
    view, start, _ = place_of_current(transcript)
    cursor = QTextCursor(view.document())
    cursor.setPosition(start)
    x = view.viewport().mapTo(transcript.viewport(), view.cursorRect(cursor).center()).x()
    assert 0 < x < transcript.viewport().width()


def test_what_is_in_view_does_not_move(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    transcript = show(talk(40))
    before = transcript.verticalScrollBar().value()
    told = search(transcript, "longer")
    assert (told.current, transcript.verticalScrollBar().value()) == (1, before)


def test_hits_are_marked_and_the_current_one_is_told_apart(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    transcript = show(talk(2))
    search(transcript, "the")
    assert set(marks(transcript)) == {"The"}
    colours = {
        extra.format.background().color().name()
        for _, _, widget in transcript.on_screen()
        if widget.view is not None
        for extra in widget.view.extraSelections()
    }
    assert len(colours) == 2
    transcript.find_bar.finding.search("")
    assert marks(transcript) == []


def test_marks_come_with_the_rows_that_come(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    transcript = show(talk(150))
    search(transcript, "second")
    bar = transcript.verticalScrollBar()
    for value in (bar.maximum(), bar.maximum() // 2, 0):
        bar.setValue(value)
        on_screen = [
            w.view.plain.casefold().count("second") for _, _, w in transcript.on_screen() if w.view is not None
        ]
        assert len(marks(transcript)) == sum(on_screen) > 0


def test_it_counts_what_comes_while_an_answer_grows(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told], chat: Chat, qtbot: QtBot
) -> None:
    transcript = show([question(0), answer(0, "One word", state="streaming")])
    told = search(transcript, "word")
    assert (told.current, told.count) == (1, 1)
    chat.messages.replace_last(answer(0, "One word, and a **wo", state="streaming"))
    chat.messages.replace_last(answer(0, "One word, and a **wo**rd.\n\nA last word.", state="complete"))
    qtbot.waitUntil(lambda: told.count == 3)
    assert (told.current, told.complete) == (1, True)
    qtbot.waitUntil(lambda: marks(transcript) == ["word"] * 3)


def test_older_messages_that_come_in_are_counted(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told], chat: Chat, qtbot: QtBot
) -> None:
    messages = talk(20)
    transcript = show(messages[20:])
    told = search(transcript, "paragraph")
    assert (told.current, told.count) == (1, 10)
    chat.messages.prepend(messages[:20])
    qtbot.waitUntil(lambda: (told.current, told.count) == (11, 20))


def test_closing_stays_there_and_selects_what_was_found(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    transcript = show(talk(40))
    told = search(transcript, "second one")
    for _ in range(20):
        transcript.find_bar.finding.next()
    place = transcript.verticalScrollBar().value()
    transcript.find_bar.finding.close()
    assert told.current == 21
    assert transcript.verticalScrollBar().value() == place
    assert selected(transcript) == "second one"
    assert marks(transcript) == []


def test_another_word_is_looked_for_from_where_one_is(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    transcript = show(talk(40))
    search(transcript, "question 2")
    transcript.find_bar.finding.next()
    assert search(transcript, "question 20?").current == 1
    assert search(transcript, "second").current == 21


def test_a_step_back_from_the_first_finds_the_last_before_all_are_counted(
    show: Callable[[Sequence[Message]], Transcript], qtbot: QtBot
) -> None:
    transcript = show(talk(1_500))
    told = Told(transcript.find_bar.finding)
    transcript.find_bar.finding.search("question")
    transcript.find_bar.finding.previous()
    qtbot.waitUntil(lambda: told.complete)
    assert told.current == told.count == 1_500


# --- the bar ---


@pytest.fixture
def window() -> QWidget:
    return QWidget()


@pytest.fixture
def bar(
    show: Callable[[Sequence[Message]], Transcript], window: QWidget, qtbot: QtBot
) -> tuple[FindBar, Transcript, QPlainTextEdit]:
    """Over a conversation, in a window with a field to write in."""
    transcript, edit = show(talk(30)), QPlainTextEdit()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.addWidget(transcript, 1)
    column.addWidget(edit)
    window.resize(800, 700)
    window.show()
    qtbot.waitActive(window)
    edit.setFocus()
    return transcript.find_bar, transcript, edit


def field(bar: FindBar) -> QLineEdit:
    return bar.findChildren(QLineEdit)[0]


def test_it_is_typed_into_and_says_which_of_how_many(
    bar: tuple[FindBar, Transcript, QPlainTextEdit], qtbot: QtBot
) -> None:
    find_bar, _, edit = bar
    find_bar.open()
    assert field(find_bar).hasFocus()
    assert find_bar.words == ""
    QTest.keyClicks(field(find_bar), "second")
    qtbot.waitUntil(lambda: find_bar.words == "1 of 30")
    QTest.keyClick(field(find_bar), Qt.Key.Key_Return)
    assert find_bar.words == "2 of 30"
    QTest.keyClick(field(find_bar), Qt.Key.Key_Return, SHIFT)
    QTest.keyClick(field(find_bar), Qt.Key.Key_Return, SHIFT)
    assert find_bar.words == "30 of 30"
    find_bar.next()
    assert find_bar.words == "1 of 30"
    find_bar.previous()
    assert find_bar.words == "30 of 30"
    QTest.keyClicks(field(find_bar), "ary")
    qtbot.waitUntil(lambda: find_bar.words == "Nothing found")
    assert not any(button.isEnabled() for button in find_bar.findChildren(QToolButton)[:2])
    assert field(find_bar).accessibleDescription() == "Nothing found"
    QTest.keyClick(field(find_bar), Qt.Key.Key_Escape)
    assert find_bar.isHidden()
    assert edit.hasFocus()


def test_the_keyboard_goes_back_to_the_conversation_and_what_was_found_is_selected(
    bar: tuple[FindBar, Transcript, QPlainTextEdit], qtbot: QtBot
) -> None:
    find_bar, transcript, _ = bar
    transcript.setFocus()
    find_bar.open()
    QTest.keyClicks(field(find_bar), "second")
    qtbot.waitUntil(lambda: find_bar.words == "1 of 30")
    QTest.keyClick(field(find_bar), Qt.Key.Key_Escape)
    assert transcript.hasFocus()
    assert selected(transcript) == "second"


def test_what_is_selected_is_looked_for(bar: tuple[FindBar, Transcript, QPlainTextEdit], qtbot: QtBot) -> None:
    find_bar, *_ = bar
    find_bar.open(" longer ")
    qtbot.waitUntil(lambda: find_bar.words == "1 of 30")
    assert field(find_bar).selectedText() == "longer"
    find_bar.close_up()
    find_bar.open("two\nlines")
    assert field(find_bar).text() == "longer"
    qtbot.waitUntil(lambda: find_bar.words.endswith("of 30"))


def test_all_of_it_has_a_name_and_is_reached_by_keyboard(bar: tuple[FindBar, Transcript, QPlainTextEdit]) -> None:
    find_bar, *_ = bar
    find_bar.open("second")
    for control in (field(find_bar), *find_bar.findChildren(QToolButton)):
        interface = QAccessible.queryAccessibleInterface(control)
        assert interface.text(QAccessible.Text.Name)
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert all(button.toolTip() for button in find_bar.findChildren(QToolButton))
    away = find_bar.findChildren(QToolButton)[-1]
    away.setFocus()
    QTest.keyClick(away, Qt.Key.Key_Return)
    assert find_bar.isHidden()


def test_it_lies_in_the_corner_and_is_narrower_where_there_is_little_room(
    bar: tuple[FindBar, Transcript, QPlainTextEdit],
) -> None:
    find_bar, transcript, _ = bar
    find_bar.open()
    assert find_bar.geometry().right() == transcript.width() - 1 - 12
    assert find_bar.width() == 320
    transcript.window().setFixedWidth(300)
    QApplication.processEvents()
    assert find_bar.width() == transcript.width() - 24 < 300


def test_the_window_opens_it_from_wherever_one_is(
    theme: Theme, tools: Tools, desk: Desk, gallery: Gallery, tmp_path: Path, qtbot: QtBot
) -> None:
    main = MainWindow(theme, tools, desk, gallery, tmp_path)
    qtbot.addWidget(main)
    with qtbot.waitSignal(main.painted):
        main.show()
    find_bar = main.findChildren(FindBar)[0]
    for key in (Qt.Key.Key_F, Qt.Key.Key_G):
        QTest.keyClick(main, key, Qt.KeyboardModifier.ControlModifier)
        assert find_bar.isHidden()  # there is nothing to read yet
    desk.current.messages.reset(talk(3))
    QApplication.processEvents()
    written = main.findChildren(MessageEdit)[0]
    written.setFocus()
    QTest.keyClick(written, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert field(find_bar).hasFocus()
    QTest.keyClicks(field(find_bar), "second")
    qtbot.waitUntil(lambda: find_bar.words.endswith("of 3"))
    before = find_bar.words
    QTest.keyClick(field(find_bar), Qt.Key.Key_F3)
    assert find_bar.words != before
    QTest.keyClick(field(find_bar), Qt.Key.Key_F3, SHIFT)
    assert find_bar.words == before
    QTest.keyClick(field(find_bar), Qt.Key.Key_Escape)
    assert find_bar.isHidden()
    assert written.hasFocus()


# --- formulas, other conversations, what comes later ---


def test_a_formula_is_found_by_its_tex(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told]
) -> None:
    text = r"😀 Here $\frac{a}{b}$ and $\frac{c}{d}$ stand, a fraction each."
    transcript = show([question(99), answer(99, text), *talk(40)])
    told = search(transcript, r"\frac")
    assert told.count == 2
    view, start, _ = place_of_current(transcript)
    assert view.plain_between(start, start + 1) == r"$\frac{a}{b}$"
    assert len(marks(transcript)) == 2
    assert search(transcript, r"here $\frac{a}{b}$ AND").count == 1
    assert search(transcript, "stand, a").count == 1
    assert words_of_current(transcript) == "stand, a"
    transcript.follow()
    QApplication.processEvents()
    assert search(transcript, "{c}{d}").count == 1  # of a row without a widget


def test_in_another_conversation_it_is_counted_anew_and_nothing_moves(
    show: Callable[[Sequence[Message]], Transcript],
    search: Callable[..., Told],
    chat: Chat,
    tools: Tools,
    qtbot: QtBot,
) -> None:
    other = Chat.new(chat.facts.model, tools)
    other.messages.reset(talk(7))
    transcript = show(talk(30))
    told = search(transcript, "second")
    assert (told.current, told.count) == (1, 30)
    transcript.selection.clear()
    transcript.find_bar.finding.begin_anew()
    transcript.set_chat(other)
    assert (told.current, told.count, told.complete) == (0, 0, False)
    qtbot.waitUntil(lambda: told.complete)
    assert (told.current, told.count) == (0, 7)
    assert transcript.verticalScrollBar().value() == transcript.verticalScrollBar().maximum()
    transcript.find_bar.finding.previous()
    assert told.current > 0
    destroy(other)


def test_what_is_sought_in_an_empty_conversation_is_found_when_it_comes(
    show: Callable[[Sequence[Message]], Transcript], search: Callable[..., Told], chat: Chat, qtbot: QtBot
) -> None:
    transcript = show([])
    told = search(transcript, "second")
    assert (told.count, told.complete) == (0, True)
    chat.messages.reset(talk(3))
    qtbot.waitUntil(lambda: told.count == 3)
    assert chat.messages.remove(2, 5)
    qtbot.waitUntil(lambda: told.count == 1)


def test_the_bar_lies_below_a_hit_that_it_would_hide(bar: tuple[FindBar, Transcript, QPlainTextEdit]) -> None:
    find_bar, transcript, _ = bar
    transcript.window().setFixedWidth(320)
    transcript.verticalScrollBar().setValue(0)
    QApplication.processEvents()
    find_bar.open("Question 0?")
    hit = find_bar.finding.place
    assert hit.isValid()
    assert not find_bar.geometry().intersects(hit)
    assert find_bar.y() > hit.bottom()
    find_bar.next()
    find_bar.open("Question 20")
    assert find_bar.y() == 8
    assert not find_bar.geometry().intersects(find_bar.finding.place)


def test_tab_goes_from_control_to_control_and_then_into_the_conversation(
    bar: tuple[FindBar, Transcript, QPlainTextEdit], qtbot: QtBot
) -> None:
    find_bar, transcript, _ = bar
    find_bar.open("second")
    field(find_bar).setFixedHeight(4)  # wherever in the bar a control stands, as with other fonts
    qtbot.waitUntil(lambda: find_bar.words == "1 of 30")
    names = []
    for _ in range(4):
        focused = QApplication.focusWidget()
        assert focused is not None
        names.append(focused.accessibleName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert names == ["Find in this chat", "Previous", "Next", "Close"]
    focused = QApplication.focusWidget()
    assert focused is not None
    assert transcript.isAncestorOf(focused)
    assert not find_bar.isAncestorOf(focused)
    find_bar.findChildren(QToolButton)[0].setFocus()
    QTest.keyClick(find_bar.findChildren(QToolButton)[0], Qt.Key.Key_Backtab)
    assert field(find_bar).hasFocus()


def test_esc_in_the_conversation_clears_the_selection_and_then_puts_the_bar_away(
    bar: tuple[FindBar, Transcript, QPlainTextEdit], qtbot: QtBot
) -> None:
    find_bar, transcript, _ = bar
    find_bar.open("second")
    qtbot.waitUntil(lambda: find_bar.words == "1 of 30")
    view = next(w.view for _, _, w in transcript.on_screen() if w.view is not None)
    view.setFocus()
    transcript.selection.select_all()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert transcript.selection.empty
    assert not find_bar.isHidden()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert find_bar.isHidden()
    assert view.hasFocus()
