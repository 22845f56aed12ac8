"""The composer with a real chat in practice mode: keys, mouse, clipboard, and what the line says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import TypeVar, cast

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QClipboard, QImage, QInputMethodEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QLabel,
    QPushButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.intake import unseen_link
from app.core.cost import Context, Estimate, estimate
from app.core.errors import PictureUnreadable
from app.ui.composer import Composer
from app.ui.cost_line import CostLine, Part, cost_parts
from app.ui.message_edit import MessageEdit
from app.ui.notes import Choice, Note, Notes, Said
from app.ui.sources import Dropped
from app.ui.theme import HIT, Theme
from app.ui.thumbnails import Thumbnails

NONE = Qt.KeyboardModifier.NoModifier
LINE = 22
"""Pixels of a line of the message."""
Write = Callable[..., Path]
T = TypeVar("T", bound=QWidget)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
    window.resize(860, 700)
    return window


@pytest.fixture
def composer(window: QWidget, theme: Theme, tools: Tools, desk: Desk, gallery: Gallery) -> Composer:
    composer = Composer(theme, tools.account, gallery)
    cast("QVBoxLayout", window.layout()).addWidget(composer)
    window.show()
    composer.set_chat(desk.current)
    return composer


@pytest.fixture
def chat(desk: Desk) -> Chat:
    return desk.current


@pytest.fixture
def edit(composer: Composer) -> MessageEdit:
    return the(composer, MessageEdit, "Message")


@pytest.fixture
def slow_double_click(qapp: QApplication) -> Iterator[None]:
    usual = qapp.doubleClickInterval()
    qapp.setDoubleClickInterval(60_000)
    yield
    qapp.setDoubleClickInterval(usual)


@pytest.fixture
def clipboard(qapp: QApplication) -> Iterator[QClipboard]:
    yield qapp.clipboard()
    qapp.clipboard().clear()  # what Python made must not lie there when the interpreter ends


def the(parent: QWidget, kind: type[T], name: str) -> T:
    found = [child for child in parent.findChildren(kind) if child.accessibleName() == name]
    assert len(found) == 1, name
    return found[0]


def button(parent: QWidget, name: str) -> QAbstractButton:
    return the(parent, QAbstractButton, name)


def line(composer: Composer) -> str:
    found = composer.findChild(CostLine)
    assert isinstance(found, CostLine)
    return found.text()


def notes(composer: Composer) -> list[str]:
    found = composer.findChild(Notes)
    assert isinstance(found, Notes)
    return found.texts


def told(
    ahead: Estimate, *, unread: int = 0, begun: bool = True, unseen: bool = False, usual: bool = True
) -> list[Part]:
    return cost_parts(ahead, max_tokens=16_000, unread=unread, begun=begun, free=False, unseen=unseen, usual=usual)


def bitmap(text: str = "") -> QMimeData:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    mime = QMimeData()
    mime.setImageData(image)
    if text:
        mime.setText(text)
    return mime


# --- keys -----------------------------------------------------------------------------------------


def test_enter_sends_and_shift_enter_breaks_the_line(qtbot: QtBot, edit: MessageEdit, chat: Chat) -> None:
    QTest.keyClicks(edit, "one")
    QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(edit, "two")
    assert chat.draft.text == "one\ntwo"
    assert not chat.worker.busy
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(chat.messages.messages) and not chat.worker.busy)
    assert chat.messages.messages[0].text == "one\ntwo"
    assert edit.toPlainText() == ""


def test_enter_does_not_send_while_an_input_method_composes(qtbot: QtBot, edit: MessageEdit, chat: Chat) -> None:
    QTest.keyClicks(edit, "a")
    QApplication.sendEvent(edit, QInputMethodEvent("に", []))
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert not chat.worker.busy
    committed = QInputMethodEvent()
    committed.setCommitString("に")
    QApplication.sendEvent(edit, committed)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(chat.messages.messages) and not chat.worker.busy)
    assert chat.messages.messages[0].text == "aに"


def test_undo_in_an_empty_text_brings_a_picture_back(
    qtbot: QtBot, edit: MessageEdit, chat: Chat, picture: Write
) -> None:
    chat.draft.attach([Source(path=str(picture()))])
    qtbot.waitUntil(lambda: chat.draft.ready)
    chat.draft.remove(0)
    QTest.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(chat.draft.pictures) == 1


def test_enter_presses_the_button_that_has_the_focus(composer: Composer) -> None:
    attach, enter = button(composer, "Attach pictures"), QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, NONE)
    assert not composer.take_key(enter)
    attach.setFocus()
    assert composer.take_key(enter)
    (dialog,) = composer.findChildren(QFileDialog)
    dialog.close()


def test_a_key_typed_elsewhere_is_written_here(edit: MessageEdit, composer: Composer) -> None:
    press, none = QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier
    assert composer.take_key(QKeyEvent(press, Qt.Key.Key_H, none, "h"))
    assert edit.toPlainText() == "h"
    assert not composer.take_key(QKeyEvent(press, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier, "h"))
    assert not composer.take_key(QKeyEvent(press, Qt.Key.Key_Down, none))


# --- send and stop --------------------------------------------------------------------------------


@pytest.mark.usefixtures("slow_double_click")
def test_send_turns_into_stop_and_a_double_click_does_not_stop(
    qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat
) -> None:
    QTest.keyClicks(edit, "hello")
    send = button(composer, "Send")
    QTest.mouseClick(send, Qt.MouseButton.LeftButton)
    assert button(composer, "Stop") is send
    assert line(composer) == "Preparing · Esc stops"
    QTest.mouseClick(send, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert [message.state for message in chat.messages.messages] == ["complete", "complete"]
    assert button(composer, "Send") is send


def test_esc_stops(qtbot: QtBot, edit: MessageEdit, chat: Chat) -> None:
    QTest.keyClicks(edit, "hello")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert chat.messages.messages[-1].state == "stopped"


def test_enter_while_an_answer_comes_says_why_nothing_is_sent(
    qtbot: QtBot, edit: MessageEdit, composer: Composer, chat: Chat
) -> None:
    QTest.keyClicks(edit, "hello")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    usual = line(composer)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert line(composer) == usual, "nothing is written that could be sent"
    QTest.keyClicks(edit, "and")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert line(composer) == "Claude is answering. Esc stops it; what you wrote stays."
    assert edit.toPlainText() == "and"
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not chat.worker.busy)
    qtbot.waitUntil(lambda: line(composer).startswith("text"))
    assert edit.toPlainText() == "and"


def test_esc_typed_elsewhere_stops(qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat) -> None:
    esc = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert not composer.take_key(esc)
    QTest.keyClicks(edit, "hello")
    composer.submit()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    assert composer.take_key(esc)
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert chat.messages.messages[-1].state == "stopped"


def test_send_with_nothing_to_send_says_what_is_missing(qtbot: QtBot, composer: Composer, edit: MessageEdit) -> None:
    QTest.mouseClick(button(composer, "Send"), Qt.MouseButton.LeftButton)
    assert line(composer) == "Write something, or add a picture"
    QTest.keyClicks(edit, "x")
    qtbot.waitUntil(lambda: line(composer).startswith("text ≈ 2"))


def test_send_waits_for_its_pictures_and_says_so(qtbot: QtBot, composer: Composer, chat: Chat, picture: Write) -> None:
    composer.attach([Source(path=str(picture("a.png"))), Source(path=str(picture("b.png", color="blue")))])
    composer.submit()
    assert line(composer) in {"Looking for pictures; sends by itself", "Preparing 2 pictures; sends by itself"}
    qtbot.waitUntil(lambda: bool(chat.messages.messages) and not chat.worker.busy)
    assert [image.name for image in chat.messages.messages[0].images] == ["a.png", "b.png"]


# --- the line -------------------------------------------------------------------------------------


def test_the_line_counts_pictures_and_text_and_practice_is_free(
    qtbot: QtBot, composer: Composer, edit: MessageEdit, picture: Write
) -> None:
    composer.attach([Source(path=str(picture()))])
    QTest.keyClicks(edit, "same numbers?")
    qtbot.waitUntil(lambda: line(composer).startswith("1 picture 345 tok · text ≈ 5 · practice: free"))


def test_the_line_prices_the_history_by_how_much_of_it_is_cached(desk: Desk) -> None:
    model = desk.current.model
    for cached, words in (
        (0, "history 800"),
        (300, "history 800, partly cached"),
        (700, "history 800, mostly cached"),
        (800, "history 800, cached"),
    ):
        carried = Context(tokens=800, cached=cached)
        parts = told(estimate(carried, model, [], "", max_tokens=16_000))
        assert parts[0] == Part(words)
        assert parts[1].text.startswith("next message ≈ $0.00")
        assert parts[2].text.startswith(", at most $0.1")


def test_a_history_that_is_still_being_counted_has_no_price_yet(desk: Desk) -> None:
    counting = estimate(Context(tokens=800, known=False), desk.current.model, [500], "", max_tokens=1000)
    assert [part.text for part in told(counting)] == ["1 picture 500 tok", "working out the price…"]


def test_an_unknown_price_is_not_guessed_and_an_unread_picture_has_none(tools: Tools, desk: Desk) -> None:
    unknown = tools.account.catalog.get("somebody-elses-model")
    parts = told(estimate(Context(), unknown, [500], "", max_tokens=1000))
    assert [part.text for part in parts] == ["1 picture 500 tok", "price unknown"]
    known = estimate(Context(), desk.current.model, [500, 0], "", max_tokens=1000)
    assert told(known, unread=1)[-1] == Part("1 being read", bold=True)


def test_a_narrow_line_leaves_out_from_the_left_and_keeps_all_in_its_tooltip(qtbot: QtBot, theme: Theme) -> None:
    narrow = CostLine(theme)
    qtbot.addWidget(narrow)
    parts = [
        Part("2 pictures 5 tok"),
        Part("text ≈ 3"),
        Part("next message ≈ $1", bold=True, brief="≈ $1"),
        Part(", at most $2", joined=True),
    ]
    narrow.tell(parts)
    assert narrow._fitting(10_000) == parts
    assert narrow._fitting(narrow._width(parts[1:])) == parts[1:]
    assert narrow._fitting(narrow._width(parts[2:])) == parts[2:]
    assert narrow._fitting(narrow._width(parts[2:3])) == parts[2:3]
    assert narrow.toolTip() == "2 pictures 5 tok · text ≈ 3 · next message ≈ $1, at most $2"


def test_however_narrow_the_line_the_price_stays_whole(qtbot: QtBot, theme: Theme, desk: Desk) -> None:
    line = CostLine(theme)
    qtbot.addWidget(line)
    line.tell(told(estimate(Context(), desk.current.model, [500], "", max_tokens=16_000)))
    (last,) = line._fitting(line.minimumSizeHint().width())
    assert last.text == "≈ $0.0060"
    assert line._width([last]) <= line.minimumSizeHint().width()


@pytest.mark.parametrize(
    ("carried", "text", "prompt"),
    [
        (Context(), "two words", "A prompt of 4 tokens at the input price,"),
        (Context(tokens=2000), "two words", "A prompt of 2,004 tokens at the price of a cache write,"),
        (Context(2000, 1900), "two words", "A prompt of 2,004 tokens, 1,900 of them at the price of a cache read,"),
    ],
)
def test_the_tooltip_tells_what_the_price_is_for(
    qtbot: QtBot, theme: Theme, desk: Desk, carried: Context, text: str, prompt: str
) -> None:
    line = CostLine(theme)
    qtbot.addWidget(line)
    line.tell(told(estimate(carried, desk.current.model, [], text, max_tokens=16_000)))
    assert line.toolTip().splitlines()[1:3] == [prompt, "and an answer of about 500 tokens, the usual length here;"]
    assert line.toolTip().endswith(" with an answer of 16,000 tokens.")


def test_a_length_that_no_answer_has_told_is_called_assumed(desk: Desk) -> None:
    ahead = estimate(Context(), desk.current.model, [], "two words", max_tokens=16_000)
    [details] = [part.details for part in told(ahead, usual=False) if part.details]
    assert details.splitlines()[1] == "and an answer of 500 tokens, assumed as long as none has been seen;"


def test_the_usual_length_is_one_only_after_an_answer(
    qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat
) -> None:
    shown = composer.findChildren(CostLine)[0]
    QTest.keyClicks(edit, "hello")
    qtbot.waitUntil(lambda: "assumed as long as none has been seen" in shown.toolTip())
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not chat.worker.busy and chat.knows_usual)
    QTest.keyClicks(edit, "again")
    qtbot.waitUntil(lambda: "the usual length here" in shown.toolTip())


def test_a_picture_of_unknown_size_is_marked_in_the_line(desk: Desk) -> None:
    ahead = estimate(Context(), desk.current.model, [4784], "", max_tokens=16_000)
    assert told(ahead, unseen=True)[0] == Part("1 picture ≤ 4,784 tok")
    assert told(ahead)[0] == Part("1 picture 4,784 tok")


def test_the_line_knows_a_picture_that_nobody_has_looked_at(qtbot: QtBot, composer: Composer, chat: Chat) -> None:
    link = "https://pictures.example/unseen.png"
    chat.draft._insert(0, [unseen_link(1, Source(url=link))])
    chat.draft._rebalance()
    qtbot.waitUntil(lambda: line(composer).startswith("1 picture ≤ "))


def test_a_system_prompt_alone_is_no_history(desk: Desk) -> None:
    carried = estimate(Context(tokens=5), desk.current.model, [], "", max_tokens=16_000)
    assert told(carried, begun=False)[0] == Part("system prompt 5")
    assert told(carried)[0] == Part("history 5")


def test_a_tooltip_goes_when_the_line_changes(qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat) -> None:
    QTest.keyClicks(edit, "hello")
    qtbot.waitUntil(lambda: line(composer).startswith("text ≈ 2"))
    shown = composer.findChildren(CostLine)[0]
    QToolTip.showText(QPoint(10, 10), shown.toolTip(), shown)
    assert QToolTip.isVisible()
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not QToolTip.isVisible() and not chat.worker.busy)


# --- clipboard and files --------------------------------------------------------------------------


def test_a_pasted_bitmap_is_attached(
    qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat, clipboard: QClipboard
) -> None:
    clipboard.setMimeData(bitmap())
    edit.paste()
    assert len(chat.draft.pictures) == 1
    qtbot.waitUntil(lambda: chat.draft.ready)
    assert edit.toPlainText() == ""
    assert composer.findChildren(Thumbnails)[0].isVisible()


def test_of_text_and_its_picture_the_text_is_pasted_and_the_picture_offered(
    qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat
) -> None:
    composer.paste(bitmap("1\t2"))
    assert edit.toPlainText() == "1\t2"
    assert not chat.draft.pictures
    (note,) = composer.findChildren(Note)
    (use,) = [b for b in note.findChildren(QAbstractButton) if b.text() == "Add the picture"]
    QTest.mouseClick(use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: chat.draft.ready)
    assert len(chat.draft.pictures) == 1
    assert "The clipboard also holds a picture of it." not in notes(composer)


def test_ctrl_shift_v_pastes_the_text_and_offers_nothing(
    composer: Composer, edit: MessageEdit, clipboard: QClipboard
) -> None:
    clipboard.setMimeData(bitmap("1\t2"))
    QTest.keyClick(edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert edit.toPlainText() == "1\t2"
    assert notes(composer) == []


def test_pasted_markup_stays_text(edit: MessageEdit, composer: Composer) -> None:
    mime = QMimeData()
    mime.setHtml("<b>bold</b>")
    mime.setText("bold")
    composer.paste(mime)
    assert edit.toPlainText() == "bold"


def test_a_pasted_key_is_warned_of(edit: MessageEdit, composer: Composer) -> None:
    mime = QMimeData()
    mime.setText("sk-ant-api03-x")
    composer.paste(mime)
    assert edit.toPlainText() == "sk-ant-api03-x"
    assert notes(composer) == ["This looks like an API key. It would be sent as part of the message."]


def test_the_file_dialog_does_not_block_and_its_files_are_attached(
    qtbot: QtBot, composer: Composer, chat: Chat, picture: Write
) -> None:
    QTest.mouseClick(button(composer, "Attach pictures"), Qt.MouseButton.LeftButton)
    (dialog,) = composer.findChildren(QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.ExistingFiles
    dialog.filesSelected.emit([str(picture("a.png")), str(picture("b.png", color="blue"))])
    dialog.close()
    qtbot.waitUntil(lambda: chat.draft.ready)
    assert [p.name for p in chat.draft.pictures] == ["a.png", "b.png"]


# --- notes ----------------------------------------------------------------------------------------


def test_a_refused_file_leaves_a_note_until_it_is_dismissed(
    qtbot: QtBot, composer: Composer, chat: Chat, tmp_path: Path
) -> None:
    (tmp_path / "notes.docx").write_bytes(b"no picture at all")
    composer.attach([Source(path=str(tmp_path / "notes.docx"))])
    qtbot.waitUntil(lambda: len(notes(composer)) == 1)
    assert "notes.docx" in notes(composer)[0]
    assert not chat.draft.pictures
    QTest.mouseClick(button(composer, "Dismiss"), Qt.MouseButton.LeftButton)
    assert notes(composer) == []


def test_what_cannot_be_dropped_is_told(composer: Composer) -> None:
    composer.take(Dropped(remote=("x.png",), empty=True))
    assert notes(composer) == [
        "x.png: on another computer. Copy it to this one first, then add it here.",
        "No picture came with it. Save the picture as a file, then add the file here.",
    ]


def test_the_same_note_stands_once_and_none_is_lost(composer: Composer) -> None:
    for text in "abcdefghijklaa":
        composer.note(text)
    assert notes(composer) == list("bcdefghijkla")


def test_of_many_notes_the_last_said_show_and_the_others_are_counted(composer: Composer) -> None:
    for number in range(20):
        composer.note(f"Note {number}")
    (column,) = composer.findChildren(Notes)

    def seen() -> list[str]:
        return [note.said.text for note in column._notes() if note.isVisible()]

    assert seen() == ["Note 17", "Note 18", "Note 19"]
    assert column.height() <= 4 * (HIT + 20)
    assert "and 17 more" in [label.text() for label in column.findChildren(QLabel) if label.isVisible()]
    QTest.mouseClick(pressable(column, "Show all"), Qt.MouseButton.LeftButton)
    assert len(seen()) == 20
    assert column.height() <= 0.4 * composer.window().height()
    QTest.mouseClick(pressable(column, "Show fewer"), Qt.MouseButton.LeftButton)
    assert len(seen()) == 3
    QTest.mouseClick(pressable(column, "Dismiss all"), Qt.MouseButton.LeftButton)
    assert notes(composer) == []
    assert not column.isVisible()


def pressable(column: Notes, words: str) -> QPushButton:
    (found,) = (button for button in column.findChildren(QPushButton) if button.isVisible() and button.text() == words)
    return found


def test_what_is_asked_stands_above_what_went_wrong_and_is_never_folded(composer: Composer) -> None:
    (column,) = composer.findChildren(Notes)
    for number in range(4):
        composer.note(f"Note {number}")
    column.add(Said("Add all?", (Choice("Add", lambda: None),)))
    composer.note("Note 4")
    column.add(Said("Text is small.", (Choice("Tiles", lambda: None),), quiet=True))
    assert notes(composer)[:3] == ["Text is small.", "Add all?", "Note 0"]
    assert [note.said.text for note in column._notes() if note.isVisible()] == ["Text is small.", "Add all?", "Note 4"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_after_a_notes_button_writing_goes_on(composer: Composer, edit: MessageEdit, key: Qt.Key) -> None:
    (column,) = composer.findChildren(Notes)
    column.add(Said("It is on the web.", (Choice("Fetch", lambda: None),)))
    composer.note("Something else.")
    button = pressable(column, "Fetch")
    button.setFocus()
    if key == Qt.Key.Key_Space:
        QTest.keyClick(button, key)
    else:
        button.click()  # by the window, which takes Enter
    assert edit.hasFocus()


def test_what_was_said_about_a_message_goes_with_it(
    qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat, tmp_path: Path
) -> None:
    composer.note("Something went wrong.")
    composer.take(Dropped(empty=True))
    composer.attach([Source(path=str(tmp_path / "none.png"))])
    qtbot.waitUntil(lambda: len(notes(composer)) == 3)
    QTest.keyClicks(edit, "hello")
    composer.submit()
    qtbot.waitUntil(lambda: bool(chat.messages.messages) and not chat.worker.busy)
    assert notes(composer) == ["Something went wrong."]


def test_a_picture_refused_while_its_message_waits_is_told_beyond_the_sending(
    qtbot: QtBot, composer: Composer, chat: Chat, picture: Write
) -> None:
    go_on = Event()

    def slow() -> bytes:
        go_on.wait()
        return picture().read_bytes()

    composer.attach([Source(data=slow)])
    composer.submit()
    chat.draft.refused.emit([PictureUnreadable("none.png", "missing")])
    go_on.set()
    qtbot.waitUntil(lambda: bool(chat.messages.messages) and not chat.worker.busy)
    assert notes(composer) == ["none.png was not found."]


def test_what_is_refused_of_one_drop_is_told_together(
    qtbot: QtBot, composer: Composer, chat: Chat, picture: Write, tmp_path: Path
) -> None:
    names = [str(tmp_path / f"q{number}.png") for number in range(1, 7)]
    told: list[int] = []
    chat.draft.refused.connect(lambda errors: told.append(len(errors)))
    composer.attach(Source(path=path) for path in [*names[:3], str(picture()), *names[3:]])
    qtbot.waitUntil(lambda: sum(told) == 6 and chat.draft.ready)
    assert notes(composer) == ["6 files were not found: q1.png, q2.png and 4 more."]


def test_a_refusal_waits_for_its_own_conversation(
    qtbot: QtBot, composer: Composer, chat: Chat, desk: Desk, tools: Tools, tmp_path: Path
) -> None:
    (tmp_path / "late.txt").write_bytes(b"no picture at all")
    with qtbot.waitSignal(chat.draft.refused):
        composer.attach([Source(path=str(tmp_path / "late.txt"))])
        composer.set_chat(Chat.new(chat.model.id, tools, desk))
    assert notes(composer) == []
    composer.set_chat(chat)
    assert "late.txt" in notes(composer)[0]


# --- conversations --------------------------------------------------------------------------------


def test_each_conversation_has_its_own_text_and_cursor(
    composer: Composer, edit: MessageEdit, chat: Chat, desk: Desk, tools: Tools
) -> None:
    QTest.keyClicks(edit, "first chat")
    QTest.keyClick(edit, Qt.Key.Key_Home)
    other = Chat.new(chat.model.id, tools, desk)
    composer.set_chat(other)
    assert edit.toPlainText() == ""
    QTest.keyClicks(edit, "second")
    composer.set_chat(chat)
    assert (edit.toPlainText(), edit.textCursor().position()) == ("first chat", 0)
    assert other.draft.text == "second"


def test_a_restored_draft_shows(composer: Composer, edit: MessageEdit, chat: Chat) -> None:
    chat.draft.restore({"text": "kept from yesterday", "pictures": []})
    assert edit.toPlainText() == "kept from yesterday"
    assert composer.isVisible()


def test_the_text_grows_by_whole_lines_and_then_scrolls(qtbot: QtBot, edit: MessageEdit, composer: Composer) -> None:
    assert edit.height() == LINE
    edit.insert_text("\n" * 3)
    assert edit.height() == 4 * LINE
    edit.insert_text("\n" * 100)
    assert edit.height() == 0.4 * composer.window().height() // LINE * LINE
    assert edit.verticalScrollBar().maximum() > 0
    composer.window().resize(860, 400)
    qtbot.waitUntil(lambda: edit.height() == 7 * LINE)
    assert edit.viewport().rect().contains(edit.cursorRect().center())


def test_lines_keep_their_height_whatever_the_text_came_from(
    tools: Tools, composer: Composer, edit: MessageEdit
) -> None:
    edit.show_text("one", 3)
    edit.insert_text("\ntwo")
    QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert edit.height() == 3 * LINE
    tools.preferences.update(text_size=150)
    assert edit.height() == 3 * LINE * 1.5
    assert composer.isVisible()


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_in_the_smallest_window_pictures_and_notes_leave_a_line_to_write_in(
    qtbot: QtBot, tools: Tools, composer: Composer, edit: MessageEdit, chat: Chat, picture: Write, percent: int
) -> None:
    chat.draft.attach(Source(path=str(picture(f"{color}.png", color=color))) for color in ("red", "blue"))
    for number in range(3):
        composer.note(f"{number} files were not found: q3.png, q4.png and many more that were not there, either.")
    qtbot.waitUntil(lambda: chat.draft.ready)
    tools.preferences.update(text_size=percent)
    composer.window().resize(400, 480)
    (strip,), (column,) = composer.findChildren(Thumbnails), composer.findChildren(Notes)

    def places() -> list[QRect]:
        parts: list[QWidget] = [strip, column, edit, button(composer, "Send")]
        return [QRect(part.mapTo(composer, QPoint()), part.size()) for part in parts]

    qtbot.waitUntil(lambda: composer.width() < 400)
    qtbot.waitUntil(lambda: all(a.bottom() < b.top() for a, b in pairwise(places())))
    assert edit.height() >= LINE * percent / 100
    assert all(composer.rect().contains(place) for place in places())
    assert composer.minimumSizeHint().height() <= 480 - (48 + 32) * percent / 100 - 66


def test_a_window_too_small_for_anything_keeps_a_sliver_of_each(
    qtbot: QtBot, composer: Composer, edit: MessageEdit, chat: Chat, picture: Write
) -> None:
    chat.draft.attach([Source(path=str(picture()))])
    composer.note("A note")
    composer.window().resize(300, 100)
    (strip,), (column,) = composer.findChildren(Thumbnails), composer.findChildren(Notes)
    qtbot.waitUntil(lambda: (strip.height(), column.height(), edit.height()) == (HIT, HIT, LINE))
    qtbot.waitUntil(lambda: chat.draft.ready)


def test_undo_takes_back_what_was_typed_and_no_more(edit: MessageEdit, chat: Chat) -> None:
    edit.show_text("kept", 4)
    assert not edit.document().isUndoAvailable()
    QTest.keyClicks(edit, "!")
    QTest.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert chat.draft.text == "kept"
    assert edit.height() == LINE


def test_an_empty_message_says_what_to_do_in_one_line_that_fits(qtbot: QtBot, theme: Theme) -> None:
    edit = MessageEdit(theme)
    qtbot.addWidget(edit)

    def ends(width: int) -> int:
        """The last column that is not empty."""
        edit.resize(width, LINE)
        seen = edit.grab().toImage()
        ground = seen.pixel(seen.width() - 1, 0)
        return max(x for x in range(seen.width()) for y in range(seen.height()) if seen.pixel(x, y) != ground)

    assert 350 < ends(700) < 450  # all of it
    assert 180 < ends(300) < 250  # fewer words
    assert 60 < ends(90) < 90  # and not even these
    QTest.keyClicks(edit, "i")
    assert ends(700) < 20


def test_the_words_of_an_empty_message_follow_the_text_size(
    composer: Composer, edit: MessageEdit, tools: Tools
) -> None:
    def inked() -> int:
        """Rows of pixels with something in them."""
        seen = edit.grab().toImage()
        ground = seen.pixel(seen.width() - 1, 0)
        return sum(any(seen.pixel(x, y) != ground for x in range(8, seen.width())) for y in range(seen.height()))

    before = inked()
    tools.preferences.update(text_size=200)
    assert inked() > 1.7 * before
    assert composer.isVisible()


@pytest.mark.timeout(20)
def test_a_file_pasted_as_text_does_not_hold_the_window_up(edit: MessageEdit) -> None:
    edit.insert_text("QUJD" * 250_000)
    assert edit.verticalScrollBar().maximum() > 0


def test_the_theme_may_change_while_it_shows(composer: Composer, tools: Tools) -> None:
    composer.note("a note")
    before = composer.grab().toImage().pixelColor(400, 60)
    tools.preferences.update(theme="dark", text_size=150)
    assert composer.grab().toImage().pixelColor(400, 60) != before
