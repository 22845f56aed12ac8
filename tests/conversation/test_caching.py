"""What a conversation makes of the server's cache, against a real server: lifetime, warmth, misses and their cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core import bill
from app.core.caching import LIFETIMES, Lost, missed
from app.core.ledger import Filter
from app.core.message import Message
from app.core.shelf import KEPT, Form
from tests.conftest import finish
from tests.servers.api import ApiServer
from tests.servers.replies import text


def test_the_lifetime_chosen_is_asked_for_kept_and_warm_for_so_long(
    api: ApiServer, online: Tools, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    online.preferences.update(cache_ttl="1h")
    began = time.time()
    answer = ask("What is it?", picture("a.png", (1200, 900)))
    assert api.posts[-1].json["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert answer.usage is not None
    assert answer.usage.cache_write_1h > 1000
    assert answer.ttl == "1h"
    (kept,) = (m for m in finish(online.store.messages(chat.facts.id)) if m.role == "assistant")
    assert kept == answer
    context = chat.context
    assert (context.ttl, context.cached) == ("1h", answer.usage.cache_write_1h)
    assert began <= context.until - LIFETIMES["1h"] <= time.time()
    # Qt rounds so long a time to seconds.
    assert LIFETIMES["1h"] - 60 < chat._outlook._cache_cools.remainingTime() / 1000 <= LIFETIMES["1h"] + 3


def test_another_lifetime_prices_the_draft_anew(
    online: Tools, picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    chat.draft.attach([Source(path=str(picture("a.png", (1200, 900))))])
    qtbot.waitUntil(lambda: chat.draft.ready)
    before = chat.draft.estimate
    online.preferences.update(cache_ttl="1h")
    after = chat.draft.estimate
    assert before.next is not None
    assert after.next is not None
    assert after.next - before.next == before.prompt_tokens * Decimal("1.5") / 1_000_000


def test_the_estimate_says_beforehand_what_a_switch_will_cost_and_the_bill_says_it_after(
    ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, online: Tools
) -> None:
    ask("What is it?", picture("a.png", (1200, 900)))
    assert chat.draft.estimate.dearer == 0
    chat.set_model("claude-opus-5-5")
    ahead = chat.draft.estimate
    kept = chat.messages.messages[-1].usage
    assert kept is not None
    assert ahead.context.lost == Lost("model", kept.cache_write_5m)
    assert ahead.dearer == kept.cache_write_5m * Decimal("4.8") / 1_000_000
    answer = ask("And now?")
    assert missed(answer) == ahead.context.lost
    known = bill.of(answer, chat.model)
    assert known is not None
    assert known.extra == ahead.dearer
    assert known.saved is not None
    assert known.saved < 0
    newest = max(finish(online.spending.ledger.entries(Filter())), key=lambda entry: entry.created)
    assert newest.outcome.saved == known.saved


def test_going_back_to_the_first_wording_of_the_system_prompt_costs_nothing(
    ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    ask("What is it?", picture("a.png", (1200, 900)))
    chat.set_system("Be brief.")
    lost = chat.context.lost
    assert lost is not None
    assert lost.reason == "system"
    chat.set_system("")
    assert chat.context.lost is None


def test_what_the_server_says_of_a_miss_is_kept(
    api: ApiServer, ask: Callable[..., Message], chat: Chat, online: Tools
) -> None:
    said = b'"diagnostics":{"cache_miss_reason":{"type":"system_changed","cache_missed_input_tokens":900}},"usage"'
    api.script(text("Red.").transformed(lambda p: p.replace(b'"usage"', said, 1) if b"message_start" in p else p))
    answer = ask("What is it?")
    assert missed(answer) == Lost("system", 900)
    (kept,) = (m for m in finish(online.store.messages(chat.facts.id)) if m.role == "assistant")
    assert kept.diagnostics == answer.diagnostics


def test_the_servers_id_of_the_request_is_kept(ask: Callable[..., Message], chat: Chat, online: Tools) -> None:
    answer = ask("Hello")
    assert answer.request_id == "req_test0001"
    (kept,) = (m for m in finish(online.store.messages(chat.facts.id)) if m.role == "assistant")
    assert kept.request_id == answer.request_id


def test_a_picture_left_out_and_brought_back_is_priced_by_what_the_cache_still_has(
    chat: Chat, ask: Callable[..., Message], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    ask("What?", picture("a.png"), picture("b.png", color="#2040c0"))
    ask("And?")
    chat.worker.arrange({2: Form("left_out")})
    qtbot.waitUntil(lambda: not chat.worker.busy)
    ask("Without it?")
    chat.worker.arrange({2: KEPT})
    qtbot.waitUntil(lambda: not chat.worker.busy)
    chat.draft.set_text("And with it again?")
    ahead = chat.draft.estimate
    assert ahead.context.cached > 0
    usage = ask("And with it again?").usage
    assert usage is not None
    assert usage.cache_read == ahead.context.cached
