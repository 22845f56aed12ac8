"""What can be done with a message: the bar over a question, the menu, details, deleting with a way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QAction, QCursor, QEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.conversation.tools import Tools
from app.core.message import ImageBlock, Message
from app.ui import figures
from app.ui.label import Label
from app.ui.model_words import price_words
from app.ui.theme import HIT, Theme
from app.ui.transcript import retry_menu
from app.ui.transcript.action_bar import ActionBar
from app.ui.transcript.bill_details import BillDetails
from app.ui.transcript.deeds import Deeds
from app.ui.transcript.message_menu import MessageMenu
from app.ui.transcript.retry_menu import RetryMenu
from app.ui.undo_note import UndoNote
from tests.conftest import destroy
from tests.servers import replies
from tests.servers.api import ApiServer
from tests.ui.test_bill_details import ANSWER, CATALOG

if TYPE_CHECKING:
    from app.ui.transcript.copying import Form

PLACE = QRect(40, 100, 500, 80)
OTHER = QRect(40, 240, 500, 80)
PICTURE = ImageBlock(1, "a.png", "b" * 64, "image/png", 640, 400, 1000, 368, "a" * 64, 640, 400, 2000, "PNG")
QUESTION = Message.from_user("What is it?", (), id="q")


class Clipped:
    """Puts a message's text on the clipboard, and the form it was asked in before it."""

    def __init__(self, *, selected: str = "") -> None:
        self.selected = selected

    @property
    def has_selection(self) -> bool:
        return bool(self.selected)

    def copy_selection(self) -> None:
        QGuiApplication.clipboard().setText(self.selected)

    def copy(self, message: Message, form: Form) -> None:
        QGuiApplication.clipboard().setText(f"{form}: {message.text}")


def clipped() -> str:
    return QGuiApplication.clipboard().text()


@pytest.fixture
def over(qtbot: QtBot) -> QWidget:
    """What stands for the conversation: it can have the focus, and has something else that can."""
    over = QWidget()
    over.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    QVBoxLayout(over).addWidget(QPushButton("elsewhere"), 0, Qt.AlignmentFlag.AlignBottom)
    qtbot.addWidget(over)
    over.resize(600, 400)
    over.move(QCursor.pos() + QPoint(50, 50))
    over.show()
    qtbot.waitExposed(over)
    over.activateWindow()
    over.setFocus()
    return over


@pytest.fixture
def bar(theme: Theme, over: QWidget) -> ActionBar:
    bar = ActionBar(theme, over)
    bar.left.connect(over.setFocus)
    return bar


def buttons(bar: ActionBar) -> dict[str, QAbstractButton]:
    return {button.accessibleName(): button for button in bar.findChildren(QAbstractButton)}


def press(bar: ActionBar, name: str) -> None:
    QTest.mouseClick(buttons(bar)[name], Qt.MouseButton.LeftButton)


# --- the bar --------------------------------------------------------------------------------------


class TestBar:
    def test_it_lies_half_over_the_upper_edge_at_the_right(self, bar: ActionBar) -> None:
        bar.show_for(QUESTION, PLACE)
        assert bar.isVisible()
        assert bar.geometry().right() == PLACE.right() - 8
        assert abs(bar.geometry().center().y() - PLACE.top()) <= 1
        assert all(min(b.width(), b.height()) >= HIT for b in buttons(bar).values())

    def test_at_the_top_of_the_view_it_stays_inside(self, bar: ActionBar) -> None:
        bar.show_for(QUESTION, PLACE.translated(0, -120))
        assert bar.isVisible()
        assert bar.geometry().top() == 4

    @pytest.mark.parametrize("dy", [-170, -400, 400])
    def test_where_too_little_of_the_message_shows_there_is_none(self, bar: ActionBar, dy: int) -> None:
        bar.show_for(QUESTION, PLACE)
        bar.show_for(QUESTION, PLACE.translated(0, dy))
        assert not bar.isVisible()

    def test_an_answer_has_none(self, bar: ActionBar) -> None:
        bar.show_for(ANSWER, PLACE)
        assert not bar.isVisible()

    def test_each_button_tells_its_deed_and_the_message(self, bar: ActionBar) -> None:
        told: list[tuple[str, str]] = []
        bar.deed.connect(lambda name, message: told.append((name, message.id)))
        for name in ("Copy", "More", "Edit", "Delete question"):
            bar.show_for(QUESTION, PLACE)
            press(bar, name)
        assert told == [(name, "q") for name in ("copy", "more", "edit", "delete")]
        assert not bar.isVisible()

    def test_the_arrow_keys_go_round_and_escape_goes_back(self, bar: ActionBar, over: QWidget) -> None:
        bar.show_for(QUESTION, PLACE)
        bar.take_focus()
        names = []
        for _ in range(5):
            names.append(next(name for name, button in buttons(bar).items() if button.hasFocus()))
            QTest.keyClick(buttons(bar)[names[-1]], Qt.Key.Key_Right)
        assert names == ["Copy", "Edit", "Delete question", "More", "Copy"]
        QTest.keyClick(buttons(bar)["Edit"], Qt.Key.Key_Left)
        QTest.keyClick(buttons(bar)["Copy"], Qt.Key.Key_Escape)
        assert over.hasFocus()
        assert not bar.isVisible()

    def test_with_the_focus_in_it_it_stays_at_its_message(self, bar: ActionBar, qtbot: QtBot) -> None:
        bar.show_for(QUESTION, PLACE)
        bar.take_focus()
        bar.show_for(replace(QUESTION, id="other"), OTHER)
        assert bar.message.id == "q"
        bar._hides.setInterval(0)
        bar.let_go()
        qtbot.waitUntil(lambda: not bar._hides.isActive())
        assert bar.isVisible()

    def test_it_goes_a_moment_after_the_pointer(self, bar: ActionBar, qtbot: QtBot) -> None:
        bar.show_for(QUESTION, PLACE)
        bar.let_go()
        assert bar.isVisible()
        bar.show_for(QUESTION, PLACE)
        assert not bar._hides.isActive()
        bar._hides.setInterval(0)
        bar.let_go()
        qtbot.waitUntil(lambda: not bar.isVisible())

    def test_it_goes_with_its_message_and_no_longer_stays_for_that(self, bar: ActionBar) -> None:
        bar.follow(PLACE)
        assert not bar.isVisible()
        bar.show_for(QUESTION, PLACE)
        bar.let_go()
        bar.follow(OTHER)
        assert abs(bar.geometry().center().y() - OTHER.top()) <= 1
        assert bar._hides.isActive()

    def test_while_an_answer_comes_nothing_can_be_changed(self, bar: ActionBar) -> None:
        bar.allow(edit=False, delete=False)
        bar.show_for(QUESTION, PLACE)
        assert [name for name, button in buttons(bar).items() if not button.isEnabled()] == ["Edit", "Delete question"]

    def test_copy_says_for_a_moment_that_it_was_done(self, bar: ActionBar, qtbot: QtBot) -> None:
        bar.show_for(QUESTION, PLACE)
        usual = buttons(bar)["Copy"].grab().toImage()
        bar._forgets.setInterval(0)
        bar.say_copied()
        assert buttons(bar)["Copy"].grab().toImage() != usual
        qtbot.waitUntil(lambda: buttons(bar)["Copy"].grab().toImage() == usual)


# --- the note -------------------------------------------------------------------------------------


class TestUndoNote:
    @pytest.fixture
    def note(self, theme: Theme, over: QWidget) -> UndoNote:
        note = UndoNote(theme, "Ctrl+Z", over)
        note._ends.setInterval(0)
        return note

    def test_it_ends_and_then_nothing_is_undone(self, note: UndoNote, qtbot: QtBot) -> None:
        note.offer("Gone.")
        qtbot.waitUntil(lambda: not note.isVisible())
        assert not note.undo()

    def test_it_stays_while_it_has_the_focus_and_gives_it_back(
        self, note: UndoNote, over: QWidget, qtbot: QtBot
    ) -> None:
        note.left.connect(over.setFocus)
        note.offer("Gone.")
        note._button.setFocus()
        with qtbot.waitSignal(note._ends.timeout):
            pass
        assert note.isVisible()
        with qtbot.waitSignal(note.undone):
            QTest.keyClick(note._button, Qt.Key.Key_Space)
        assert over.hasFocus()

    def test_it_stays_while_it_is_pointed_at(self, note: UndoNote, qtbot: QtBot) -> None:
        note.offer("Gone.")
        where = note.rect().center().toPointF()
        QApplication.sendEvent(note, QEnterEvent(where, where, where))
        with qtbot.waitSignal(note._ends.timeout):
            pass
        assert note.isVisible()
        QApplication.sendEvent(note, QEvent(QEvent.Type.Leave))
        qtbot.waitUntil(lambda: not note.isVisible())


# --- details --------------------------------------------------------------------------------------


def facts(theme: Theme, over: QWidget, answer: Message) -> dict[str, str]:
    details = BillDetails(theme, answer, CATALOG.get(answer.model), over)
    found = [label.text() for label in details.findChildren(Label) if label.text()]
    details.deleteLater()
    return dict(pairwise(found))


class TestDetails:
    def test_what_is_known_is_told(self, theme: Theme, over: QWidget) -> None:
        told = facts(theme, over, replace(ANSWER, api_id="msg_01Exmpl", thought=7.25))
        assert told["Message"] == "msg_01Exmpl"
        assert told["Thought"] in {"7.2 s", "7.3 s"}

    def test_what_is_not_known_is_not(self, theme: Theme, over: QWidget) -> None:
        told = facts(theme, over, replace(ANSWER, usage=None, request_id="", estimate="", cost=""))
        assert not {"Message", "Request", "Thought", "Tokens", "Total", "Expected"} & told.keys()

    def test_without_prices_there_are_still_the_tokens(self, theme: Theme, over: QWidget) -> None:
        told = facts(theme, over, replace(ANSWER, model="someone-elses", cost=""))
        assert told["Tokens"] == "7,512 in, 7,508 of it cached; 214 out"

    def test_each_id_has_its_own_copy(self, theme: Theme, over: QWidget) -> None:
        details = BillDetails(theme, replace(ANSWER, api_id="msg_01Exmpl"), CATALOG.get(ANSWER.model), over)
        copies = {b.accessibleName(): b for b in details.findChildren(QAbstractButton)}
        copies["Copy the message's id"].click()
        assert clipped() == "msg_01Exmpl"
        copies["Copy the request's id"].click()
        assert clipped() == ANSWER.request_id

    def test_opened_from_a_menu_it_is_within_the_screen_and_gives_the_focus_back(
        self, theme: Theme, over: QWidget, qtbot: QtBot
    ) -> None:
        screen = over.screen().availableGeometry()
        for at in (screen.topLeft(), screen.bottomRight(), screen.center()):
            details = BillDetails(theme, ANSWER, CATALOG.get(ANSWER.model), over)
            details.open_by(at, over)
            assert screen.contains(details.geometry())
            with qtbot.waitSignal(details.destroyed):
                details.close()
        assert over.focusWidget() is over


# --- the menu, and what is done -------------------------------------------------------------------


@pytest.fixture
def chat(online: Tools) -> Iterator[Chat]:
    chat = Chat.new(ANSWER.model, online)
    yield chat
    destroy(chat)


@pytest.fixture
def copying() -> Clipped:
    return Clipped()


@pytest.fixture
def deeds(theme: Theme, online: Tools, copying: Clipped, bar: ActionBar, over: QWidget, chat: Chat) -> Iterator[Deeds]:
    deeds = Deeds(theme, online, copying, bar, over)
    deeds.set_chat(chat)
    yield deeds
    for menu in over.findChildren(QMenu):
        menu.close()


def rest(chat: Chat, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not chat.worker.busy, timeout=10_000)


def ask(chat: Chat, qtbot: QtBot, *questions: str) -> None:
    """Each has its answer."""
    for question in questions:
        chat.draft.set_text(question)
        chat.worker.send()
        rest(chat, qtbot)


def texts(chat: Chat) -> list[str]:
    return [message.text for message in chat.messages.messages if message.role == "user"]


def menu_of(deeds: Deeds, message: Message, over: QWidget) -> MessageMenu:
    for menu in over.findChildren(MessageMenu):
        menu.close()
    deeds.do("more", message, over.mapToGlobal(QPoint(20, 20)))
    return next(menu for menu in over.findChildren(MessageMenu) if menu.isVisible())


def entries(menu: QMenu) -> dict[str, QAction]:
    """By their words, without what stands at their right."""
    return {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}


def filled(menu: QMenu) -> dict[str, QAction]:
    """The entries of a menu within a menu, as they are when it opens."""
    menu.aboutToShow.emit()
    return entries(menu)


class TestMenu:
    def test_a_question_and_its_answer_have_theirs(self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot) -> None:
        ask(chat, qtbot, "one")
        question, answer = chat.messages.messages
        copies = ["Copy as text", "Copy as Markdown", "Copy as rich text"]
        of_question = menu_of(deeds, question, over)
        assert list(entries(of_question)) == [*copies, "Edit…", "Fork from here", "Delete question and answer"]
        of_answer = menu_of(deeds, answer, over)
        again, about = ["Retry", "Retry with another model"], ["Details…", "Reading looks wrong?"]
        assert list(entries(of_answer)) == [*copies, *again, *about, "Fork from here", "Delete answer"]

    def test_keys_that_do_the_same_are_named(self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot) -> None:
        ask(chat, qtbot, "one", "two")
        keys: dict[tuple[str, str], str] = {}
        for message in chat.messages.messages:
            menu = menu_of(deeds, message, over)
            keys |= {
                (message.text if message.role == "user" else "answer", words): action.text().partition("\t")[2]
                for words, action in entries(menu).items()
            }
        assert keys["one", "Edit…"] == ""
        assert keys["two", "Edit…"] == "Up"
        assert keys["answer", "Copy as Markdown"] == "Ctrl+Shift+C"

    @pytest.mark.parametrize(
        ("words", "form"), [("Copy as text", "text"), ("Copy as Markdown", "markdown"), ("Copy as rich text", "rich")]
    )
    def test_it_copies_in_three_forms(
        self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot, words: str, form: str
    ) -> None:
        ask(chat, qtbot, "one")
        entries(menu_of(deeds, chat.messages.messages[0], over))[words].trigger()
        assert clipped() == f"{form}: one"

    def test_what_is_selected_and_a_link_come_first(
        self, deeds: Deeds, copying: Clipped, chat: Chat, over: QWidget, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one")
        copying.selected = "part"
        deeds.do("more", chat.messages.messages[0], QPoint(20, 20), "https://a.example/")
        menu = next(menu for menu in over.findChildren(MessageMenu) if menu.isVisible())
        assert list(entries(menu))[:2] == ["Copy link address", "Copy selection"]
        entries(menu)["Copy selection"].trigger()
        assert clipped() == "part"
        entries(menu)["Copy link address"].trigger()
        assert clipped() == "https://a.example/"

    def test_while_an_answer_comes_nothing_can_be_changed(
        self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one")
        question, answer = chat.messages.messages
        chat.draft.set_text("two")
        chat.worker.send()
        for message, usable in ((question, set[str]()), (answer, {"Details…", "Reading looks wrong?"})):
            menu = menu_of(deeds, message, over)
            enabled = {words for words, action in entries(menu).items() if action.isEnabled()}
            assert {words for words in enabled if "Copy" not in words} == usable
        for deed in ("edit", "delete", "retry", "older", "newer"):
            deeds.do(deed, question)
        rest(chat, qtbot)
        assert texts(chat) == ["one", "two"]
        assert not chat.editing


class TestRetrying:
    def test_other_models_are_offered_with_what_it_would_cost_to_ask_them(
        self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one")
        menu = menu_of(deeds, chat.messages.messages[1], over).findChild(RetryMenu)
        assert isinstance(menu, RetryMenu)
        offered = filled(menu)
        assert chat.model.name not in offered
        haiku = next(words for words in offered if "Haiku" in words)
        ahead = offered[haiku].text().partition("\t")[2]
        offered[haiku].trigger()
        rest(chat, qtbot)
        assert f"≈ {figures.dollars(Decimal(chat.messages.messages[1].estimate))}" == ahead

    def test_of_a_long_history_there_are_the_models_prices(
        self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(chat, qtbot, "one", "two")
        monkeypatch.setattr(retry_menu, "_LONGEST", 1)
        short, long = (menu_of(deeds, chat.messages.messages[row], over).findChild(RetryMenu) for row in (1, 3))
        assert isinstance(short, RetryMenu)
        assert isinstance(long, RetryMenu)
        haiku = next(model for model in CATALOG.models if "Haiku" in model.name)
        assert filled(short)[haiku.name].text().startswith(f"{haiku.name}\t≈ $")
        assert filled(long)[haiku.name].text() == f"{haiku.name}\t{price_words(haiku)}"

    def test_the_chosen_model_answers_as_a_version(self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot) -> None:
        ask(chat, qtbot, "one")
        first = chat.messages.messages[1]
        models = menu_of(deeds, first, over).findChild(RetryMenu)
        assert isinstance(models, RetryMenu)
        haiku = next(action for words, action in filled(models).items() if "Haiku" in words)
        with qtbot.waitSignal(deeds.asked):
            haiku.trigger()
        rest(chat, qtbot)
        second = chat.messages.messages[1]
        assert "haiku" in second.model
        assert "haiku" not in chat.facts.model
        assert chat.branch_of(second.id) == (2, 2)
        menu = menu_of(deeds, second, over)
        usual = f"Retry with {chat.model.name}"
        assert usual in entries(menu)
        (versions,) = (action.menu() for words, action in entries(menu).items() if words == "Version 2 of 2")
        assert isinstance(versions, QMenu)
        ways = entries(versions)
        assert (ways["Earlier version"].isEnabled(), ways["Later version"].isEnabled()) == (True, False)
        ways["Earlier version"].trigger()
        qtbot.waitUntil(lambda: chat.messages.messages[1].id == first.id)

    def test_a_model_that_takes_no_pictures_or_has_no_price_under_a_cap_says_so(
        self, online: Tools, chat: Chat, over: QWidget
    ) -> None:
        asked = Message.from_user("one", (PICTURE,), id="q")
        chat.messages.reset((asked, ANSWER))
        blind = replace(CATALOG.get("claude-haiku-4-5"), max_images=0)
        unpriced = replace(CATALOG.get("unheard-of"), name="A & B")
        menu = RetryMenu(chat, ANSWER, online.account, online.spending.caps._replace(day=Decimal(1)), over)
        assert menu._obstacle(blind, menu._pictures()) == "takes no pictures"
        assert menu._obstacle(unpriced, 0) == "no price, and a cap is set"
        menu._add(menu, [blind, unpriced], 1)
        assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [
            (f"{blind.name}\ttakes no pictures", False),
            ("A && B\tno price, and a cap is set", False),
        ]
        chat.messages.reset(())

    def test_restart_stops_and_asks_again(self, deeds: Deeds, chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
        api.script(replies.recorded("stream_text.sse").hold("message_delta"))
        chat.draft.set_text("one")
        chat.worker.send()
        qtbot.waitUntil(lambda: len(chat.messages.messages) == 2 and chat.messages.messages[-1].text != "")
        with qtbot.waitSignal(deeds.asked):
            deeds.do("restart", chat.messages.messages[-1])
        rest(chat, qtbot)
        answer = chat.messages.messages[-1]
        assert answer.state == "complete"
        assert chat.branch_of(answer.id) == (2, 2)

    def test_what_has_just_come_whole_is_not_paid_for_twice(
        self, deeds: Deeds, chat: Chat, api: ApiServer, qtbot: QtBot
    ) -> None:
        api.script(replies.recorded("stream_text.sse").hold("message_delta"))
        chat.draft.set_text("one")
        chat.worker.send()
        qtbot.waitUntil(lambda: len(chat.messages.messages) == 2 and chat.messages.messages[-1].text != "")
        coming = chat.messages.messages[-1]
        chat.worker._close()  # its end has come: from here on a Stop is too late
        with qtbot.assertNotEmitted(deeds.asked):
            deeds.do("restart", coming)
            api.release()
            rest(chat, qtbot)
            deeds.do("restart", coming)  # its row may still show it as it was
            QApplication.processEvents()
        assert not chat.worker.busy
        assert chat.messages.messages[-1].state == "complete"
        assert len(api.posts) == 1


class TestDeleting:
    def test_the_bar_says_what_goes_with_a_question(
        self, deeds: Deeds, bar: ActionBar, chat: Chat, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one", "two")
        names = []
        for question in (chat.messages.messages[0], chat.messages.messages[2]):
            bar.show_for(question, PLACE)
            names.append(bar._delete.accessibleName())
        deeds.do("delete", chat.messages.messages[3])
        rest(chat, qtbot)
        names.append(bar._delete.accessibleName())
        bar.show_for(chat.messages.messages[0], OTHER)
        names.append(bar._delete.toolTip())
        both = "Delete question and answer"
        assert names == [both, both, "Delete question", both]

    def test_a_question_goes_with_its_answer_and_comes_back(
        self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one", "two")
        entries(menu_of(deeds, chat.messages.messages[0], over))["Delete question and answer"].trigger()
        rest(chat, qtbot)
        assert texts(chat) == ["two"]
        assert deeds._note.isVisible()
        assert deeds._note._words.text() == "Question and answer deleted."
        QTest.mouseClick(deeds._note._button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: texts(chat) == ["one", "two"])
        assert not deeds._note.isVisible()

    def test_ctrl_z_in_the_conversation_brings_it_back(
        self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one")
        deeds.do("delete", chat.messages.messages[1])
        rest(chat, qtbot)
        assert len(chat.messages.messages) == 1
        assert deeds._note._words.text() == "Answer deleted."
        QTest.keyClick(over, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: len(chat.messages.messages) == 2)

    def test_the_note_stands_at_the_bottom_and_stays_there(
        self, deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one")
        deeds.do("delete", chat.messages.messages[1])
        rest(chat, qtbot)
        for size in ((600, 400), (300, 240)):
            over.resize(*size)
            QApplication.processEvents()
            note = deeds._note.geometry()
            assert abs(note.center().x() - over.rect().center().x()) <= 1
            assert over.rect().bottom() - note.bottom() in range(10, 16)
            assert over.rect().contains(note)

    def test_asking_on_or_going_elsewhere_ends_the_offer(
        self, deeds: Deeds, chat: Chat, online: Tools, qtbot: QtBot
    ) -> None:
        ask(chat, qtbot, "one", "two")
        deeds.do("delete", chat.messages.messages[0])
        rest(chat, qtbot)
        chat.draft.set_text("three")
        chat.worker.send()
        assert not deeds._note.isVisible()
        rest(chat, qtbot)
        deeds.do("delete", chat.messages.messages[-1])
        rest(chat, qtbot)
        other = Chat.new(ANSWER.model, online)
        deeds.set_chat(other)
        assert not deeds.undo()
        destroy(other)


def test_a_fork_and_help_are_the_windows(deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot) -> None:
    ask(chat, qtbot, "one")
    menu = entries(menu_of(deeds, chat.messages.messages[1], over))
    with qtbot.waitSignal(deeds.fork_wanted) as asked:
        menu["Fork from here"].trigger()
    assert asked.args == [chat.messages.messages[1].id]
    with qtbot.waitSignal(deeds.help_wanted):
        menu["Reading looks wrong?"].trigger()


def test_details_open_from_the_menu(deeds: Deeds, chat: Chat, over: QWidget, qtbot: QtBot) -> None:
    ask(chat, qtbot, "one")
    entries(menu_of(deeds, chat.messages.messages[1], over))["Details…"].trigger()
    (details,) = over.findChildren(BillDetails)
    assert details.isVisible()
    with qtbot.waitSignal(details.destroyed):
        QTest.keyClick(details, Qt.Key.Key_Escape)
