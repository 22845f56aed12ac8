"""The long runs of kills and quits, with a few of them; and that what is lost would be told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

if sys.platform == "win32":
    pytest.skip("needs the signals of POSIX", allow_module_level=True)

from app.core.message import Message, ReplyBlock, State
from tests.long.found import Found
from tests.long.kills import Killing, Tally
from tests.long.paced import PacedServer, first_word, word_of
from tests.long.quits import Quitting
from tests.long.truth import Truth, Verdict, shown_otherwise

ANSWER = "".join(word_of(7, place) for place in range(5))
TEXT = ANSWER.encode()


def test_killed_twice_it_has_all_that_it_had_acknowledged(tmp_path: Path) -> None:
    with PacedServer(1) as server:
        killing = Killing(tmp_path, server, 1, latest=0.6)
        told = [*killing.round(), *killing.round()]
        killing.close()
    assert told == []
    assert killing.tally.rounds == 2
    assert killing.tally.restarts


def test_it_ends_in_order_with_the_terminal_it_was_started_from(tmp_path: Path) -> None:
    with PacedServer(1, words=(200, 300)) as server:
        quitting = Quitting(tmp_path, server, 1)
        assert quitting.round("SIGHUP") == []
    assert [row.what.partition(",")[0] for row in quitting.tally.rows()][-1] == "SIGHUP"


# --- that it would tell ---


def question(text: str) -> Message:
    return Message.from_user(text, (), id="q", created=1.0)


def answer(text: str, state: State = "complete") -> Message:
    return Message("assistant", (ReplyBlock({"type": "text", "text": text}),), "a", 2.0, state=state)


def found(*messages: Message, **facts: Any) -> Found:
    return Found(messages={message.id: message for message in messages}, **facts)


def judged(
    reports: list[dict[str, Any]], there: Found, sent: Any = None, asked: Any = (), end: float = 10.0
) -> Verdict:
    return Truth().judge(reports, sent or {}, asked, end, there)


def draft(at: float, text: str, *pictures: list[str], editing: str = "") -> dict[str, Any]:
    return {"what": "draft", "at": at, "chat": "c", "text": text, "pictures": list(pictures), "editing": editing}


def kinds(verdict: Verdict) -> list[str]:
    return [fault.partition(":")[0] for fault in verdict.faults]


def test_a_question_that_was_shown_or_has_reached_the_server_is_there() -> None:
    shown = {"what": "asked", "at": 1.0, "chat": "c", "id": "q", "text": "q1.1 why ", "pictures": 0}
    assert judged([shown], found(question("q1.1 why ")), asked=[("q1.1",)]).faults == []
    assert kinds(judged([shown], found())) == ["question"]
    assert kinds(judged([shown], found(question("q1.1 wh")))) == ["question"]
    assert kinds(judged([shown | {"pictures": 1}], found(question("q1.1 why ")))) == ["question"]
    assert kinds(judged([], found(), asked=[("q1.1",)])) == ["question"]


def test_a_question_stays_there_through_all_later_runs() -> None:
    truth = Truth()
    shown = {"what": "asked", "at": 1.0, "chat": "c", "id": "q", "text": "q1.1 ", "pictures": 0}
    assert truth.judge([shown], {}, [], 2.0, found(question("q1.1 "))).faults == []
    assert kinds(truth.judge([], {}, [], 3.0, found())) == ["question"]


def test_an_answer_that_has_ended_is_there_whole() -> None:
    told = {"what": "answered", "at": 1.0, "chat": "c", "id": "a", "state": "complete", "text": ANSWER}
    assert judged([told], found(answer(ANSWER))).faults == []
    assert kinds(judged([told], found(answer(ANSWER, "interrupted")))) == ["answer"]
    assert kinds(judged([told], found(answer(ANSWER[:-12])))) == ["answer"]
    assert kinds(judged([told], found())) == ["answer"]
    gap = ANSWER.replace(word_of(7, 2), "")
    assert kinds(judged([], found(answer(gap)))) == ["answer"]


def test_of_an_answer_that_was_coming_it_is_told_how_much_is_lost() -> None:
    grown = [{"what": "grown", "at": 9.0 + n / 10, "id": "a", "length": 12 * (n + 1)} for n in range(5)]
    sent = {first_word(ANSWER): [(8.95 + n / 10, 12 * (n + 1)) for n in range(5)]}
    there = found(answer(ANSWER[:24], "streaming"), streaming={"a"})
    verdict = judged(grown, there, sent)
    assert (verdict.answers, verdict.faults) == (1, [])
    assert verdict.lost_shown == [pytest.approx(0.8)]
    assert verdict.lost_sent == [pytest.approx(0.85)]
    rows = Tally(1, lost_shown=verdict.lost_shown, answers=1).rows()
    assert [row.verdict for row in rows if row.what.startswith("text shown")] == ["short"]


def test_what_is_written_for_longer_than_a_second_is_there_in_its_order() -> None:
    one, two = ["a.jpg", ""], ["b.jpg", "ff"]
    kept = {"text": "why ", "pictures": [{"path": "/d/a.jpg", "name": "a.jpg"}, {"kept": "ff", "name": "b.jpg"}]}
    told = [draft(1.0, "wh", one, two), draft(8.9, "why ", one, two), draft(9.1, "why so", two, one)]
    assert judged(told, found(drafts={"c": kept})).faults == []
    assert judged(told[:2], found(drafts={"c": kept}), end=9.5).faults == []
    assert kinds(judged(told, found(drafts={"c": kept | {"text": "wh"}}))) == ["draft"]
    assert kinds(judged(told, found(drafts={"c": kept | {"pictures": kept["pictures"][::-1]}}))) == ["draft"]
    assert kinds(judged(told, found(drafts={"c": kept | {"pictures": []}}))) == ["draft"]
    assert kinds(judged(told, found())) == ["draft"]
    assert kinds(judged([draft(1.0, "")], found(drafts={"c": kept}))) == ["draft"]


def test_a_start_shows_the_messages_and_the_draft_that_there_are() -> None:
    there = found(question("q1.1 "), answer(ANSWER, "streaming"), streaming={"a"}, paths={"c": ["q", "a"]})
    asked, answered = ["q", "user", "complete", crc32(b"q1.1 "), 0], ["a", "assistant", "interrupted", crc32(TEXT), 0]
    shown = {"chat": "c", "said": [asked, answered], "text": "", "pictures": [], "editing": "", "written": ""}
    assert list(shown_otherwise(shown, there)) == []
    for wrong in ([asked], [answered, asked], [asked, [*answered[:2], "streaming", *answered[3:]]]):
        assert len(list(shown_otherwise(shown | {"said": wrong}, there))) == 1
    there.drafts["c"] = {"text": "and", "pictures": []}
    assert len(list(shown_otherwise(shown, there))) == 1
    assert list(shown_otherwise(shown | {"text": "and", "written": "and"}, there)) == []
