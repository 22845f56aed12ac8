"""The context shelf on screen: what it says, by mouse and by keys, in a small window, and the words it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListWidget, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.core.message import Message
from app.core.shelf import Change, Form, Row, Shelf, described
from app.ui.shelf import ShelfBar, words
from app.ui.shelf.describing import DescribeDialog
from app.ui.shelf.passages import passages
from app.ui.theme import Theme
from app.ui.transcript import Transcript
from tests.conftest import destroy
from tests.servers.api import ApiServer
from tests.transcripts import MODEL
from tests.ui.talk import PICTURE, answered, asked, put, view

pytestmark = pytest.mark.usefixtures("american_figures")

SELECT = QItemSelectionModel.SelectionFlag.Select
LEFT_OUT = Form("left_out")


@pytest.fixture
def bar(qtbot: QtBot, theme: Theme, gallery: Gallery, tools: Tools, chat: Chat) -> Iterator[ShelfBar]:
    with placed(qtbot, theme, gallery, tools, chat) as bar:
        yield bar


@contextmanager
def placed(qtbot: QtBot, theme: Theme, gallery: Gallery, tools: Tools, chat: Chat) -> Iterator[ShelfBar]:
    """In a window, below the conversation."""
    window = QWidget()
    qtbot.addWidget(window)
    transcript = Transcript(theme, gallery, tools)
    transcript.set_chat(chat)
    bar = ShelfBar(theme, gallery, tools, transcript.selected_text)
    column = QVBoxLayout(window)
    column.addWidget(transcript, 1)
    column.addWidget(bar)
    window.resize(800, 700)
    bar.set_chat(chat)
    window.show()
    qtbot.waitExposed(window)
    yield bar


@pytest.fixture
def live(
    qtbot: QtBot, theme: Theme, online: Tools, api: ApiServer, picture: Callable[..., Path]
) -> Iterator[tuple[ShelfBar, Chat]]:
    """The shelf of a conversation with two pictures and an answer about them."""
    chat = Chat.new(MODEL, online)
    gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)
    api.answer = "Both are red.\n\nImage 2 is the **smaller** one.\n\n```\nImage 2\n```\n\nImage 1 is the larger one."
    files = picture("a.png", (1400, 1000)), picture("b.png", (800, 600))
    with placed(qtbot, theme, gallery, online, chat) as bar:
        chat.draft.attach([Source(path=str(path)) for path in files])
        chat.draft.set_text("What?")
        with qtbot.waitSignal(chat.worker.answered, timeout=20_000):
            chat.worker.send()
        qtbot.waitUntil(lambda: not chat.worker.busy and "a turn" in bar.text)
        yield bar, chat
        destroy(chat)


def open_with(bar: ShelfBar, *rows: int) -> None:
    """The shelf open with the pictures of these rows chosen."""
    bar.toggle()
    for row in rows:
        bar.panel.strip.selectionModel().select(bar.panel.strip.rows.index(row), SELECT)


def press(bar: ShelfBar, name: str) -> QPushButton:
    found = next(b for b in bar.panel.findChildren(QPushButton) if b.accessibleName() == name)
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)
    return found


def enabled(bar: ShelfBar) -> list[str]:
    return [b.text() for b in bar.panel.findChildren(QPushButton) if b.isEnabled()]


def states(chat: Chat) -> list[str]:
    return [image.stands_for for message in chat.messages.messages for image in message.images]


# --- the line -----------------------------------------------------------------------------------


def test_there_is_nothing_without_earlier_pictures(bar: ShelfBar, chat: Chat, qtbot: QtBot) -> None:
    assert bar.isHidden()
    put(chat, asked("Hello"), answered())
    chat.refresh()
    QApplication.processEvents()
    assert bar.isHidden()
    bar.toggle()
    assert bar.panel.isHidden()
    put(chat, asked("Look", PICTURE), answered())
    chat.refresh()
    qtbot.waitUntil(lambda: not bar.isHidden())


def row(number: int, cost: str = "0.0003", **facts: object) -> Row:
    usual = Row(number, f"{number}.png", "", "kept", Form(), 0, 2691, True, Decimal(cost), Decimal(0))
    return replace(usual, **facts)  # type: ignore[arg-type]


WARM = Shelf((row(1), row(2)), Decimal("0.0006"))


@pytest.mark.parametrize(
    ("shelf", "free", "said"),
    [
        (WARM, False, "2 pictures · $0.00060 a turn"),
        (replace(WARM, rows=WARM.rows[:1], later=Decimal("0.0003")), False, "1 picture · $0.00030 a turn"),
        (replace(WARM, rows=(row(1, "0.0067"),)), False, "1 picture · $0.0067 in the next message"),
        (replace(WARM, rows=(row(1), row(2, "0.0003", state="left_out"))), False, "1 of 2 pictures · $0.00060 a turn"),
        (WARM, True, "2 pictures · 5,382 tok a turn"),
        (Shelf((row(1, cost="0", state="kept"),), None), False, "1 picture · $0 in the next message"),
        (Shelf((replace(row(1), cost=None),), None), False, "1 picture · 2,691 tok a turn"),
    ],
)
def test_the_line_says_how_many_and_how_much(shelf: Shelf, free: bool, said: str) -> None:
    assert words.summary(shelf, free=free) == said


# --- the sentence -------------------------------------------------------------------------------


def change(next_: str, later: str, rewritten: int = 0, *, thinking: bool = False) -> Change:
    return Change(Decimal(next_), Decimal(later), 0, rewritten, drops_thinking=thinking)


PAYS, LATER = "it pays after 30 turns.", "in each later one."
STILL = "as it is in the cache still"
ANEW = "what follows is written to the cache anew"
EFFECTS: list[tuple[words.Deed, Change | None, str]] = [
    (
        "leave_out",
        change("0.012", "-0.0004", 100),
        f"Leaving out Image 2 costs $0.0120 once, because {ANEW}, and saves $0.00040 each turn: {PAYS}",
    ),
    (
        "leave_out",
        change("0.0004", "-0.0004"),
        "Leaving out Image 2 costs $0.00040 once and saves $0.00040 each turn: it pays after 1 turn.",
    ),
    (
        "leave_out",
        change("-0.0067", "-0.0003"),
        "Leaving out Image 2 saves $0.0067 in the next message and $0.00030 in each later one.",
    ),
    (
        "keep",
        change("0.02", "0.0003", 100),
        f"Sending Image 2 along again costs $0.0200 in the next message, as {ANEW}, and $0.00030 in each later one.",
    ),
    (
        "keep",
        change("0.0067", "0.0003"),
        "Sending Image 2 along again costs $0.0067 in the next message and $0.00030 in each later one.",
    ),
    (
        "keep",
        change("-0.01", "0.0003"),
        f"Sending Image 2 along again saves $0.0100 in the next message, {STILL}, and costs $0.00030 {LATER}",
    ),
    ("describe", change("0", "0"), "Describing Image 2 changes no price."),
    ("describe", None, "What it saves is not known: the model has no known price."),
]


@pytest.mark.parametrize(("deed", "found", "said"), EFFECTS)
def test_what_a_change_costs_and_saves_is_said(deed: words.Deed, found: Change | None, said: str) -> None:
    assert words.sentence(deed, [row(2)], found, WARM, free=False) == said


def test_more_is_said_where_there_is_more() -> None:
    twin = row(3, state="same_as", same_as=2)
    shelf = replace(WARM, rows=(*WARM.rows, twin))
    told = words.sentence("leave_out", [row(2)], change("-1", "-1", thinking=True), shelf, free=True)
    assert told.endswith(
        "That is with a key: practice costs nothing. Claude's earlier thinking is left out, too. "
        "Image 3, the same picture, then goes itself."
    )
    assert "goes itself" not in words.sentence("leave_out", [row(2), twin], change("-1", "-1"), shelf, free=False)


@pytest.mark.parametrize(
    ("rows", "said"),
    [([row(2)], "Image 2"), ([row(2), row(7)], "Images 2 and 7"), ([row(1), row(2), row(3)], "3 pictures")],
)
def test_pictures_are_named_or_counted(rows: Sequence[Row], said: str) -> None:
    assert words.numbered(rows) == said


def test_all_that_is_known_of_a_picture_is_said() -> None:
    told = row(2, state="described", form=described("A bar chart."), tokens=9, spent=Decimal("0.0091"))
    assert words.facts(told, free=False) == [
        "2.png", "described", "“A bar chart.”", "9 tok", "next message $0.00030, cached", "so far $0.0091",
    ]  # fmt: skip
    assert words.facts(row(2, state="silent"), free=False)[1].startswith("its turn was refused")


# --- by mouse and keys --------------------------------------------------------------------------


def test_a_picture_is_left_out_and_comes_back(live: tuple[ShelfBar, Chat], qtbot: QtBot, api: ApiServer) -> None:
    bar, chat = live
    open_with(bar)
    assert enabled(bar) == []
    assert bar.panel.told.startswith("Choose pictures")
    open_with(bar)  # closed and …
    open_with(bar, 1)  # … open again
    assert enabled(bar) == ["Describe…", "Leave out"]
    assert bar.panel.told.startswith("Leaving out Image 2 ")
    press(bar, "Leave out")
    qtbot.waitUntil(lambda: states(chat) == ["", "Image 2: left out."] and bar.text.startswith("1 of 2 pictures"))
    qtbot.waitUntil(lambda: enabled(bar) == ["Keep", "Describe…", "Undo"])
    assert bar.panel.told.startswith("Sending Image 2 along again ")
    press(bar, "Keep")
    qtbot.waitUntil(lambda: states(chat) == ["", ""] and not bar.shelf.busy)
    press(bar, "Undo")
    qtbot.waitUntil(lambda: states(chat)[1] == "Image 2: left out.")
    assert len(api.posts) == 1


def test_undo_looks_otherwise_while_it_can_do_nothing(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, chat = live
    bar.shelf.arrange({1: LEFT_OUT})
    qtbot.waitUntil(lambda: any(states(chat)) and not bar.shelf.busy)
    open_with(bar, 0)
    undo = bar.panel._undo
    shots = []
    for enabled_ in (True, False):
        undo.setEnabled(enabled_)
        shots.append(undo.grab().toImage())
    assert shots[0] != shots[1]


def test_by_keys_alone(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, chat = live
    bar.toggle()
    strip = bar.panel.strip
    qtbot.waitUntil(strip.hasFocus)
    assert strip.selected == []
    QTest.keyClick(strip, Qt.Key.Key_Delete)
    assert not chat.worker.busy
    QTest.keyClick(strip, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert [chosen.number for chosen in strip.selected] == [1, 2]
    QTest.keyClick(strip, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: all(states(chat)) and not bar.shelf.busy and bar.shelf.can_undo)
    QTest.keyClick(strip, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not any(states(chat)))
    with qtbot.waitSignal(bar.picture_opened) as opened:
        QTest.keyClick(strip, Qt.Key.Key_Right)
        QTest.keyClick(strip, Qt.Key.Key_Return)
    assert opened.args == [strip.selected[0].number]
    with qtbot.waitSignal(bar.left):
        QTest.keyClick(strip, Qt.Key.Key_Escape)
    assert bar.panel.isHidden()


def test_of_a_mixed_choice_each_button_says_its_own(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, chat = live
    bar.shelf.arrange({1: LEFT_OUT})
    qtbot.waitUntil(lambda: any(states(chat)) and not bar.shelf.busy)
    open_with(bar, 0, 1)
    qtbot.waitUntil(lambda: enabled(bar) == ["Keep", "Leave out", "Undo"])
    assert bar.panel.told.startswith("Leaving out Image 2 ")
    bar.panel._keep.setFocus(Qt.FocusReason.TabFocusReason)
    assert bar.panel.told.startswith("Sending Image 1 along again ")
    bar.panel._leave.setFocus(Qt.FocusReason.TabFocusReason)
    assert bar.panel.told.startswith("Leaving out Image 2 ")


def test_a_screen_reader_is_told_of_each_picture(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, _ = live
    bar.toggle()
    qtbot.waitUntil(lambda: all(row.spent for row in bar.panel.strip.rows._rows))
    spoken = bar.panel.strip.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Image 1, a.png, 1,800 tok, next message $0.00018, cached, so far $0.00")
    assert all(button.accessibleName() for button in bar.findChildren(QPushButton))
    assert bar.panel.strip.accessibleName() == "Earlier pictures"


def test_while_an_answer_comes_nothing_can_be_changed(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, chat = live
    open_with(bar, 0)
    chat.draft.set_text("More?")
    chat.worker.send()
    qtbot.waitUntil(lambda: enabled(bar) == [])
    bar.panel.leave_out()
    qtbot.waitUntil(lambda: not chat.worker.busy, timeout=20_000)
    assert not any(states(chat))


def test_the_tile_of_a_described_picture_says_the_words(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    from app.ui.transcript.tiles import PictureTile

    bar, chat = live
    bar.shelf.arrange({2: described("A <small> one.")})
    qtbot.waitUntil(lambda: any(states(chat)) and not bar.shelf.busy)
    QApplication.processEvents()
    found = [t for t in bar.window().findChildren(PictureTile) if t.image.number == 2 and t.isVisible()]
    assert [(tile.caption, tile.badge) for tile in found] == [("described", "")]
    assert "A &lt;small&gt; one." in found[0].toolTip()


# --- where there is little room -----------------------------------------------------------------


def test_in_a_small_window_it_opens_as_its_own(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, _ = live
    bar.window().findChildren(Transcript)[0].setMinimumHeight(250)
    bar.window().resize(500, 300)
    bar.toggle()
    qtbot.waitUntil(lambda: bar.panel.window() is not bar.window())
    qtbot.waitUntil(lambda: not bar.panel.squeezed)
    QTest.keyClick(bar.panel.strip, Qt.Key.Key_Escape)
    assert bar.panel.isHidden()
    assert bar.panel.window() is bar.window()
    bar.window().findChildren(Transcript)[0].setMinimumHeight(0)
    bar.window().resize(800, 900)
    QApplication.processEvents()
    bar.toggle()
    QApplication.processEvents()
    assert bar.panel.window() is bar.window()
    assert not bar.panel.squeezed


def test_it_says_what_height_it_takes(live: tuple[ShelfBar, Chat], qtbot: QtBot, online: Tools) -> None:
    bar, _ = live
    with qtbot.waitSignal(bar.resized) as grown:
        bar.toggle()
    assert grown.args is not None
    assert grown.args[0] > bar.panel.height()
    other = Chat.new(MODEL, online, online.account)
    with qtbot.waitSignal(bar.resized, check_params_cb=lambda height: height == 0):
        bar.set_chat(other)
    assert bar.isHidden()


# --- words --------------------------------------------------------------------------------------


def described_dialog(bar: ShelfBar, row: int) -> DescribeDialog:
    open_with(bar, row)
    press(bar, "Describe…")
    return bar.window().findChildren(DescribeDialog)[-1]


def test_a_description_is_picked_from_the_answers(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, chat = live
    dialog = described_dialog(bar, 1)
    mine = chat.today.count("Image 2, described in words: Image 2 is the smaller one.")
    field, offered = dialog.findChildren(QPlainTextEdit)[0], dialog.findChildren(QListWidget)[0]
    assert [offered.item(n).text() for n in range(offered.count())] == ["Image 2 is the smaller one."]
    assert dialog.told == "The picture itself is 638 tok."
    assert not dialog._save.isEnabled()
    offered.itemActivated.emit(offered.item(0))
    offered.itemActivated.emit(offered.item(0))
    assert field.toPlainText() == "Image 2 is the smaller one."
    qtbot.waitUntil(dialog._save.isEnabled)
    assert dialog.told.startswith(f"≈ {mine} tok in the place of 638 tok. Describing Image 2 ")
    QTest.keyClicks(field, "word " * 700)
    qtbot.waitUntil(lambda: "The words are longer than the picture." in dialog.told)
    field.setPlainText(" The smaller. ")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: states(chat)[1] == "Image 2, described in words: The smaller.")


def test_the_passage_selected_in_an_answer_is_there_at_once(live: tuple[ShelfBar, Chat]) -> None:
    bar, _ = live
    (transcript,) = bar.window().findChildren(Transcript)
    row = view(transcript, 1, 0)
    QTest.keyClick(row, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    dialog = described_dialog(bar, 0)
    assert dialog.findChildren(QPlainTextEdit)[0].toPlainText() == transcript.selected_text()
    assert transcript.selected_text().startswith("Both are red.")
    dialog.reject()


def test_words_that_were_there_can_be_changed(live: tuple[ShelfBar, Chat], qtbot: QtBot) -> None:
    bar, chat = live
    bar.shelf.arrange({2: described("The smaller.")})
    qtbot.waitUntil(lambda: any(states(chat)) and not bar.shelf.busy)
    bar.shelf.arrange({2: Form("left_out", "The smaller.")})
    qtbot.waitUntil(lambda: states(chat)[1] == "Image 2: left out." and not bar.shelf.busy)
    QTest.qWait(50)  # rows are worked out together
    dialog = described_dialog(bar, 1)
    assert dialog.findChildren(QPlainTextEdit)[0].toPlainText() == "The smaller."
    dialog.reject()


def say(text: str, **facts: Any) -> Message:
    return answered(text, **facts)


def test_passages_are_paragraphs_that_name_the_picture() -> None:
    history = [
        asked("?", PICTURE, replace(PICTURE, number=2)),
        say("## Image 2\n\n> In Bild 2 all is red.\n\nNothing here.\n\n| a | Image 2 |\n|---|---|\n| b | c |"),
        asked("?"),
        say("image 2 again, and Image 20.\n\n\n## Image 2"),
    ]
    assert passages(history, 2) == [
        "Image 2",
        "In Bild 2 all is red.",
        "| a | Image 2 |\n|---|---|\n| b | c |",
        "image 2 again, and Image 20.",
    ]
    assert passages(history, 1) == []
    assert passages(history, 9) == []


def test_of_a_picture_asked_about_alone_the_answer_is_about_it() -> None:
    history = [asked("?", PICTURE), say("", state="failed"), say("A chart.\n\nIt rises."), asked("?"), say("Yes.")]
    assert passages(history, 1) == ["A chart.", "It rises."]
