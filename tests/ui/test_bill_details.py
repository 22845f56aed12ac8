"""The bill of an answer: the line under it, what a press on it shows, and the composer's warning before it is sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.core.caching import Lost
from app.core.catalog import Catalog
from app.core.cost import Context, estimate
from app.core.message import Message, ReplyBlock, Usage
from app.ui import cache_words
from app.ui.cost_line import cost_parts
from app.ui.label import Label
from app.ui.theme import Theme
from app.ui.transcript import endings
from app.ui.transcript.bill_details import BillDetails
from app.ui.transcript.content import Foot
from app.ui.transcript.foot_row import FootRow
from app.ui.transcript.host import Host

CATALOG = Catalog.load()
SONNET = CATALOG.get("claude-sonnet-5-5")
USAGE = Usage.from_json(
    {
        "input_tokens": 4,
        "cache_creation_input_tokens": 2500,
        "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 2000},
        "cache_read_input_tokens": 5008,
        "output_tokens": 214,
        "output_tokens_details": {"thinking_tokens": 150},
    }
)
ANSWER = Message(
    "assistant",
    (ReplyBlock({"type": "text", "text": "A chart."}),),
    id="a",
    created=1_800_000_000.0,
    model=SONNET.id,
    server="api.anthropic.com",
    stop_reason="end_turn",
    usage=USAGE,
    estimate="0.0100",
    cost="0.0118988",
    request_id="req_011Exmpl",
    seconds=12.34,
)
MISSED = {"expected": 0, "lost": {"reason": "model", "tokens": 2500 + 5008, "picture": 0, "since": 0.0}}


@pytest.fixture
def host(theme: Theme, gallery: Gallery) -> Host:
    return Host(theme, gallery, lambda _number: QPixmap())


def shown(host: Host, qtbot: QtBot, answer: Message = ANSWER) -> FootRow:
    foot = FootRow(host)
    qtbot.addWidget(foot)
    foot.show_content(Foot(answer, CATALOG.get(answer.model)))
    foot.resize(700, foot.height_for(700))
    foot.show()
    return foot


def details(foot: FootRow) -> BillDetails:
    QTest.keyClick(foot._bill, Qt.Key.Key_Return)
    (opened,) = foot.findChildren(BillDetails)
    return opened


def words(opened: BillDetails) -> list[str]:
    return [label.text() for label in opened.findChildren(Label) if label.text()]


@pytest.fixture
def opened(host: Host, qtbot: QtBot) -> Iterator[BillDetails]:
    foot = shown(host, qtbot)
    yield details(foot)
    foot.close()


def test_every_count_has_its_price_and_its_amount(opened: BillDetails) -> None:
    found = words(opened)
    rows = {
        "Input": ("4", "2", "$0.0000080"),
        "Cache write, 5 minutes": ("500", "2.50", "$0.0013"),
        "Cache write, 1 hour": ("2,000", "4", "$0.0080"),
        "Cache read": ("5,008", "0.10", "$0.00050"),
        "Output, 150 of it thinking": ("214", "10", "$0.0021"),
    }
    for item, cells in rows.items():
        at = found.index(item)
        assert tuple(found[at + 1 : at + 4]) == cells
    assert found[found.index("Total") + 1] == "$0.0119"


def test_the_rest_of_what_is_known_is_there(opened: BillDetails) -> None:
    found = words(opened)
    facts = {name: found[found.index(name) + 1] for name in ("Expected", "Model", "Ended", "Request")}
    assert facts == {
        "Expected": "≈ $0.0100; it came to 19.0 % more",
        "Model": "Claude Sonnet 5.5 (claude-sonnet-5-5)",
        "Ended": "the answer is whole (end_turn)",
        "Request": "req_011Exmpl",
    }
    assert found[found.index("Asked") + 1].endswith("took 12.3 s")
    assert "saved $0.0053 of what the prompt would have cost" in found


def test_the_requests_id_can_be_copied(opened: BillDetails) -> None:
    (copy,) = opened.findChildren(QToolButton)
    copy.click()
    assert QGuiApplication.clipboard().text() == "req_011Exmpl"


def test_escape_closes_it_and_goes_back_to_the_line(host: Host, qtbot: QtBot) -> None:
    foot = shown(host, qtbot)
    opened = details(foot)
    with qtbot.waitSignal(opened.destroyed):
        QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert foot._bill.focusPolicy() == Qt.FocusPolicy.TabFocus


def test_it_opens_beside_its_line_and_within_the_screen(host: Host, qtbot: QtBot) -> None:
    foot = shown(host, qtbot)
    for place in (0, 600):
        foot.move(10, place)
        QApplication.processEvents()
        opened = details(foot)
        assert foot.screen().availableGeometry().contains(opened.geometry())
        line = foot._bill.mapToGlobal(foot._bill.rect().topLeft()).y()
        assert opened.geometry().bottom() < line or opened.geometry().top() > line
        assert opened.height() >= opened.sizeHint().height()
        with qtbot.waitSignal(opened.destroyed):
            opened.close()


def test_an_answer_on_its_way_has_no_bill(host: Host, qtbot: QtBot) -> None:
    foot = shown(host, qtbot, replace(ANSWER, state="streaming", created=time.time()))
    assert not foot._bill.isEnabled()
    foot.show_content(Foot(ANSWER, SONNET))
    assert foot._bill.isEnabled()


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (ANSWER, "7,512 in · 214 out · $0.0119\u2003estimated $0.0100"),
        (
            replace(ANSWER, cache=MISSED, usage=replace(USAGE, cache_write_5m=5508, cache_read=0)),
            "7,512 in · 214 out · $0.0119 · cache missed: another model\u2003estimated $0.0100",
        ),
        (
            replace(ANSWER, cache=MISSED, usage=replace(USAGE, cache_write_5m=0, cache_write_1h=0, cache_read=7508)),
            "7,512 in · 214 out · $0.0119\u2003estimated $0.0100",
        ),
        (replace(ANSWER, cache=MISSED, server="practice", cost="0"), "7,512 in · 214 out · Practice: free"),
    ],
    ids=["as ever", "missed", "read after all", "practice"],
)
def test_the_line_says_that_the_cache_was_missed_where_that_cost_money(
    host: Host, qtbot: QtBot, answer: Message, line: str
) -> None:
    assert shown(host, qtbot, answer)._bill.text() == line


def test_a_miss_that_cost_nothing_is_not_worth_a_word() -> None:
    assert SONNET.prices is not None
    flat = replace(SONNET, prices=SONNET.prices._replace(cache_read=Decimal(2), cache_write_5m=Decimal(2)))
    missed = replace(ANSWER, cache=MISSED, usage=replace(USAGE, cache_write_5m=7508, cache_write_1h=0, cache_read=0))
    assert "missed" in endings.bill(missed, SONNET)
    assert "missed" not in endings.bill(missed, flat)


def test_the_bill_explains_the_miss_and_what_it_has_cost(host: Host, qtbot: QtBot) -> None:
    usage = replace(USAGE, cache_write_5m=0, cache_write_1h=7508, cache_read=0)
    foot = shown(host, qtbot, replace(ANSWER, cache=MISSED, usage=usage, ttl="1h"))
    found = words(details(foot))
    extra = "Another model is asked: each has a cache of its own. That cost ≈ $0.0293 more."
    assert found[found.index("Cache missed") + 1] == extra
    assert "cost $0.0150 more than without: what is written now pays when it is read" in found


def test_a_short_prompt_says_why_it_was_not_cached(host: Host, qtbot: QtBot) -> None:
    foot = shown(host, qtbot, replace(ANSWER, usage=Usage(300, output_tokens=9), cost="0.00069"))
    found = words(details(foot))
    assert found[found.index("Caching") + 1] == "Not used: this model caches prompts from 512 tokens on."


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"server": "practice", "cost": "0"}, "Practice: nothing was charged. With a key it would have cost this."),
        ({"cost": "0.5"}, "Prices have changed since: the total is what was charged then."),
        ({"state": "stopped"}, "≈ $0.0119"),
        ({"model": "someone-elses", "cost": ""}, "not known"),
    ],
)
def test_what_is_not_as_ever_is_said(host: Host, qtbot: QtBot, facts: dict[str, Any], said: str) -> None:
    assert said in words(details(shown(host, qtbot, replace(ANSWER, **facts))))


def test_a_long_line_gives_way_and_is_whole_in_its_tooltip(host: Host, qtbot: QtBot) -> None:
    foot = shown(host, qtbot)
    foot.resize(220, foot.height())
    QApplication.processEvents()
    assert foot._bill.width() < foot._bill.sizeHint().width()
    assert foot._bill.toolTip().startswith("7,512 in · 214 out")


# --- before it is sent --------------------------------------------------------------------------


def told(lost: Lost | None) -> str:
    ahead = estimate(Context(6000, 0, lost=lost), SONNET, [], "", max_tokens=16_000)
    return "\n".join(p.details for p in cost_parts(ahead, max_tokens=16_000, unread=0, begun=True, free=False))


def test_the_composer_says_what_a_lost_cache_will_cost_and_why() -> None:
    assert "cache is missed" not in told(None)
    lines = told(Lost("picture", 5000, 3)).splitlines()
    assert lines[-2:] == [
        "≈ $0.0120 of it since the cache is missed: Image 3 changed.",
        "Image 3 is not as it was: what follows it counts as new.",
    ]
    assert Decimal(5000) * Decimal("2.4") / 1_000_000 == Decimal("0.012")


@pytest.mark.parametrize(
    "reason", ["lapsed", "server", "model", "system", "picture", "thinking", "messages", "blocks", "forgotten"]
)
def test_every_reason_has_words(reason: Any) -> None:
    lost = Lost(reason, 1, since=1_800_000_000.0)
    sentences = {cache_words.sentence(lost, ttl) for ttl in ("5m", "1h")}
    assert all(sentence.endswith(".") and "%" not in sentence for sentence in sentences)
    assert len(sentences) == (2 if reason == "lapsed" else 1)
    assert cache_words.short(lost)
