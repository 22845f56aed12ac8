"""Continue: offered where the last answer broke off with words, with its price, by mouse, keyboard and menu."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.spending import Spending
from app.core.errors import StreamInterrupted
from app.core.failure import error_to_json
from app.core.ledger import Filter, Ledger
from app.core.store import Store
from app.ui.label import Label
from app.ui.transcript import Transcript
from app.ui.transcript import rest as the_rest
from app.ui.transcript.bill_details import BillDetails
from app.ui.transcript.message_menu import MessageMenu
from app.ui.transcript.notice_row import NoticeRow
from tests.conftest import destroy, finish
from tests.servers import replies
from tests.servers.api import ApiServer
from tests.stored import conversations_of
from tests.ui.talk import answer, at_end, bill_of, button, contents, foot_of, put, question, seen, text_of

pytestmark = pytest.mark.usefixtures("american_figures")

SAID = "Go on from where you stopped."
CUT = error_to_json(StreamInterrupted("cut"))


@pytest.fixture
def broken_off(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> Chat:
    """An answer that was stopped when some of it had come."""
    api.script(replies.text("It is red. " * 20, chunks=10).hold("content_block_delta", 2))
    online_chat.draft.set_text("What is it?")
    online_chat.worker.send()
    qtbot.waitUntil(lambda: "red" in text_of(contents(live)))
    online_chat.worker.stop()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    qtbot.waitUntil(lambda: "Continue" in offered(live) and "≈ $" in button(live, "Continue").toolTip())
    return online_chat


def offered(live: Transcript) -> list[str]:
    """The buttons of the notice below the last answer, as they are read out."""
    rows = [row for row in seen(live, NoticeRow) if row.isVisible()]
    return [each.accessibleName() for row in rows for each in row.findChildren(QAbstractButton) if each.isVisible()]


def entries(live: Transcript, chat: Chat, message: int = -1) -> dict[str, QAction]:
    """Those of the menu of a message, by their words."""
    for menu in live.findChildren(MessageMenu):
        menu.close()
    live.deeds.do("more", chat.messages.messages[message], live.mapToGlobal(QPoint(20, 20)))
    menu = next(menu for menu in live.findChildren(MessageMenu) if menu.isVisible())
    return {action.text().partition("\t")[0]: action for action in menu.actions()}


def by_mouse(live: Transcript, _chat: Chat) -> None:
    QTest.mouseClick(button(live, "Continue"), Qt.MouseButton.LeftButton)


def by_key(live: Transcript, _chat: Chat) -> None:
    live.activateWindow()
    live.setFocus()
    for _ in range(20):
        QTest.keyClick(QApplication.focusWidget() or live, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is button(live, "Continue"):
            break
    QTest.keyClick(button(live, "Continue"), Qt.Key.Key_Space)


def by_menu(live: Transcript, chat: Chat) -> None:
    entries(live, chat)["Continue"].trigger()


@pytest.mark.parametrize("way", [by_mouse, by_key, by_menu])
def test_what_is_sent_is_what_is_shown(
    live: Transcript,
    broken_off: Chat,
    api: ApiServer,
    qtbot: QtBot,
    way: Callable[[Transcript, Chat], None],
) -> None:
    api.answer = "The rest."
    broken_off.draft.set_text("half a thought")
    way(live, broken_off)
    assert broken_off.worker.busy, "once is enough"
    qtbot.waitUntil(lambda: not broken_off.worker.busy and text_of(contents(live)) == "The rest.")
    assert [text_of(contents(live, row)) for row in (0, 2, 3)] == ["What is it?", SAID, "The rest."]
    assert api.posts[-1].json["messages"][-1]["content"] == [{"type": "text", "text": SAID}]
    assert len(api.posts) == 2
    assert offered(live) == [], "it is whole now, and the other is not the last any more"
    assert broken_off.draft.text == "half a thought"
    assert at_end(live)


def test_it_comes_before_retry_and_tells_its_price(live: Transcript, broken_off: Chat, api: ApiServer) -> None:
    assert offered(live) == ["Continue", "Retry"]
    [price] = {
        entries(live, broken_off)["Continue"].text().partition("\t")[2],
        button(live, "Continue").accessibleDescription().partition(" · ")[2],
        button(live, "Continue").toolTip().partition(" · ")[2],
    }
    assert price.startswith("≈ $")
    assert button(live, "Continue").accessibleDescription() == f"Asks for the rest · {price}"
    assert list(entries(live, broken_off))[4:6] == ["Continue", "Retry"], "after the three ways to copy, and a line"
    assert not [b for b in seen(live, QAbstractButton) if b.toolTip() == "Retry: ask again"], "there is one above"
    assert len(api.posts) == 1


def test_after_a_kill_it_is_there_and_what_is_known_of_the_cost_is_no_fact(
    live: Transcript, online_chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot, tmp_path: Path
) -> None:
    api.script(replies.text("It is red. " * 20, chunks=10).hold("content_block_delta", 2))
    online_chat.draft.set_text("What is it?")
    online_chat.worker.send()
    kept = "SELECT count(*) FROM events WHERE events LIKE '%red%'"
    qtbot.waitUntil(lambda: finish(online.store.run(lambda db: db.execute(kept).fetchone()[0])) > 0)
    shutil.copytree(online.store.path.parent, tmp_path / "as killed")
    store = Store.open(tmp_path / "as killed")
    online_chat.worker.stop()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    [facts] = conversations_of(store)
    chat = Chat(facts, replace(online, store=store), is_stored=True)
    with qtbot.waitSignal(chat.loaded_all):
        chat.load()
    live.set_chat(chat)
    qtbot.waitUntil(lambda: chat.messages.messages[-1].cost != "" and "≈ $" in bill_of(contents(live)))
    assert chat.messages.messages[-1].state == "interrupted"
    assert "It is red." in text_of(contents(live))
    assert re.fullmatch(r"[\d,]+ in · ≈ \d+ out · ≈ \$0\.\d+", bill_of(contents(live)))
    assert offered(live) == ["Continue", "Retry"]
    live.deeds.do("details", chat.messages.messages[-1], live.mapToGlobal(QPoint(20, 20)))
    [details] = live.findChildren(BillDetails)
    told = [label.text() for label in details.findChildren(Label) if label.text().startswith("≈ ")]
    assert re.fullmatch(r"≈ \d+ ≈ \$[\d.]+ ≈ \$[\d.]+", " ".join(told[:3])), "output, what it cost, the total"
    details.close()
    [entry] = finish(online.spending.ledger.entries(Filter()))
    own = Spending(Ledger(store), online.preferences)
    finish(own.settle_cut_off(store, online.account.catalog, time.time()))
    [settled] = finish(own.ledger.entries(Filter()))
    assert (settled.id, settled.outcome.state, settled.outcome.exact) == (entry.id, "interrupted", False)
    assert str(settled.outcome.cost) == chat.messages.messages[-1].cost
    live.set_chat(online_chat)
    finish(online.store.run(lambda _: None))
    destroy(chat, own)
    store.close()


def test_what_has_come_is_billed_as_far_as_it_is_known(live: Transcript, broken_off: Chat) -> None:
    assert " in · ≈ " in bill_of(contents(live))
    assert " out · ≈ $" in bill_of(contents(live))
    assert foot_of(contents(live)).message.cost
    assert broken_off.messages.messages[-1].state == "stopped"


@pytest.mark.parametrize(
    ("facts", "buttons"),
    [
        ({"state": "interrupted"}, ["Continue", "Retry"]),
        ({"state": "stopped"}, ["Continue", "Retry"]),
        ({"state": "interrupted", "error": CUT}, ["Continue", "Retry"]),
        ({"state": "failed", "error": CUT}, ["Continue", "Retry"]),
        ({"stop_reason": "max_tokens"}, ["Continue", "Settings"]),
        ({"stop_reason": "pause_turn"}, ["Continue"]),
        ({"stop_reason": "model_context_window_exceeded"}, ["New chat with the pictures"]),
        ({"stop_reason": "refusal"}, []),
        ({"state": "interrupted", "text": ""}, ["Retry"]),
        ({"state": "stopped", "text": ""}, ["Retry"]),
        ({"state": "interrupted", "text": "", "error": CUT}, ["Retry"]),
        ({"stop_reason": "max_tokens", "text": ""}, ["Settings"]),
        ({}, []),
    ],
)
def test_it_is_offered_where_an_answer_broke_off_with_words(
    live: Transcript, online_chat: Chat, facts: dict[str, Any], buttons: list[str]
) -> None:
    broke_off = answer(1, **{"text": "Some of it.", "thinking": "Hm.", **facts})
    put(online_chat, question(1), broke_off)
    assert offered(live) == buttons
    assert ("Continue" in entries(live, online_chat)) is ("Continue" in buttons)
    put(online_chat, question(1), broke_off, question(2), answer(2))
    assert "Continue" not in offered(live) + list(entries(live, online_chat, 1)), "something follows it"
    online_chat.messages.reset([])


def test_another_model_that_would_go_on_is_named(live: Transcript, online_chat: Chat) -> None:
    put(online_chat, question(1), answer(1, "Some.", state="interrupted", model="claude-haiku-4-5"))
    name = online_chat.model.name
    assert offered(live) == [f"Continue with {name}", f"Retry with {name}"]
    assert button(live, f"Continue with {name}").text() == "Continue"
    assert f"Continue with {name}" in entries(live, online_chat)
    online_chat.messages.reset([])


def test_where_the_model_cannot_take_all_that_would_go_it_is_not_offered(
    live: Transcript, online_chat: Chat, online: Tools
) -> None:
    short = {"house-model": {"input": "1", "output": "2", "context_window": 5_000}}
    online.preferences.update(prices=short)
    online_chat.set_model("house-model")
    put(online_chat, question(1, "word " * 9_000), answer(1, "Some.", state="interrupted", usage=None))
    assert offered(live) == ["Retry with house-model"]
    assert "Continue with house-model" not in entries(live, online_chat)
    online_chat.messages.reset([])


def test_of_a_long_history_there_are_the_models_prices(
    live: Transcript, online_chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(the_rest, "_LONGEST", 1)
    put(online_chat, question(1), answer(1, "Some.", state="interrupted"))
    assert button(live, "Continue").accessibleDescription() == "Asks for the rest · $2 / $10"
    online_chat.messages.reset([])


def test_in_practice_it_is_free(transcript: Transcript, chat: Chat) -> None:
    put(chat, question(1), answer(1, "Some.", state="interrupted"))
    assert button(transcript, "Continue").accessibleDescription() == "Asks for the rest · practice: free"


def test_while_something_is_under_way_it_asks_for_nothing(
    live: Transcript, broken_off: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    stopped = broken_off.messages.messages[-1]
    api.script(replies.text("Again.").hold("start"))
    broken_off.worker.retry()
    qtbot.waitUntil(lambda: api._holding > 1)
    assert offered(live) == []
    assert "Continue" not in entries(live, broken_off)
    live.deeds.do("continue", stopped)
    live.deeds.do("continue", broken_off.messages.messages[-1])
    api.release()
    qtbot.waitUntil(lambda: not broken_off.worker.busy)
    live.deeds.do("continue", replace(stopped, id="gone"))
    assert [m.text for m in broken_off.messages.messages] == ["What is it?", "Again."]
    assert len(api.posts) == 2


def test_a_cap_is_told_in_place(
    live: Transcript, broken_off: Chat, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    online.preferences.update(cap_day="0")
    button(live, "Continue").click()
    qtbot.waitUntil(lambda: not broken_off.worker.busy)
    assert broken_off.worker.refusal is not None
    assert "Raise it…" in offered(live)
    assert "Continue" in offered(live), "it can be tried again"
    assert len(api.posts) == 1
