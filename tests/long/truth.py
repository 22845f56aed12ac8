"""What the app has acknowledged over many runs, held against what is found in the folder after each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

from app.core.message import Message
from tests.long.found import Found
from tests.long.paced import first_word, marks
from tests.long.process import Report

_OLD: Final = 1.0
"""Seconds after which what is written, and which conversation is open, outlives everything."""

Sent = Mapping[str, list[tuple[float, int]]]
"""`PacedServer.sent`."""


@dataclass
class Verdict:
    """What came of one run. Faults begin with the kind they are of, and a colon."""

    faults: list[str] = field(default_factory=list)
    lost_shown: list[float] = field(default_factory=list)
    """Seconds before the end from which on what the app had shown of an answer is not there; an answer each."""
    lost_sent: list[float] = field(default_factory=list)
    """The same of what the server had sent."""
    answers: int = 0
    """That were coming."""


class Truth:
    """Grows with every run."""

    def __init__(self) -> None:
        self.questions: dict[str, tuple[str, int]] = {}
        """Text and number of pictures of every question that was shown as sent, by its message's id."""
        self.asked: set[tuple[str, ...]] = set()
        """Marks of every question that has reached the server."""
        self.answers: dict[str, tuple[str, str]] = {}
        """State and text of every answer that was told to have ended, by its message's id."""
        self._found = Found()
        """After the run before."""
        self._open: set[str] = {""}
        """What may have been open then; empty for a new chat in which nothing is written."""

    def judge(
        self, reports: Iterable[Report], sent: Sent, asked: Iterable[tuple[str, ...]], end: float, found: Found
    ) -> Verdict:
        """A run has ended, in seconds of `time.monotonic`: was all that it had acknowledged found?"""
        reports = list(reports)
        self.asked |= set(asked)
        for report in reports:
            if report["what"] == "asked":
                self.questions[report["id"]] = report["text"], report["pictures"]
            elif report["what"] == "answered" and report["text"]:
                self.answers[report["id"]] = report["state"], report["text"]
        verdict = Verdict(list(found.faults))
        verdict.faults += self._lost_questions(found)
        verdict.faults += self._lost_answers(found)
        verdict.faults += _undeleted(reports, found)
        verdict.faults += self._lost_drafts(reports, end, found)
        verdict.faults += _strange(found, sent)
        verdict.faults += self._open_still(reports, end, found)
        _measure(verdict, reports, sent, end, found)
        self._open = self._may_be_open(reports, end)
        self._found = found
        return verdict

    def expected(self, found: Found) -> dict[str, str]:
        """What the next run is to open, one of these, and a word that is seen there; empty where that is open."""
        words = {each: found.words_of(each) for each in self._open}
        if None in words.values():  # a new chat, or one whose first words had no time to be kept
            return {}
        return {each: word for each, word in words.items() if word is not None}

    def _may_be_open(self, reports: Iterable[Report], end: float) -> set[str]:
        opened = [report for report in reports if report["what"] == "open"]
        if not any(report["what"] == "there" for report in reports):
            return self._open  # it had no time to open anything for good
        before = [report for report in opened if report["at"] <= end - _OLD][-1:]
        return {each["chat"] for each in [*before, *(o for o in opened if o["at"] > end - _OLD)]} or self._open

    # --- each kind of what is acknowledged ---

    def _lost_questions(self, found: Found) -> Iterator[str]:
        known = {marks(message.text) for message in found.messages.values() if message.role == "user"}
        for each in self.asked - known:
            yield f"question: {' '.join(each)} reached the server and is not there"
        for id_, (text, pictures) in self.questions.items():
            message = found.messages.get(id_)
            if message is None or message.text != text or len(message.pictures) != pictures:
                yield f"question: {text!r} was shown as sent and is not there"

    def _lost_answers(self, found: Found) -> Iterator[str]:
        for id_, (state, text) in self.answers.items():
            message = found.messages.get(id_)
            if message is None or (message.state, message.text) != (state, text):
                yield f"answer: {first_word(text)}had ended as {state} and is not there so"

    def _open_still(self, reports: Iterable[Report], end: float, found: Found) -> Iterator[str]:
        """Answers of the run before that were not ended by the start of this one, or are without a price since."""
        there = next((report for report in reports if report["what"] == "there"), None)
        if there is None:
            return
        for id_ in self._found.streaming & found.streaming:
            yield f"start: answer {id_} is not ended"
        for id_ in self._found.streaming & set(found.paths.get(there["chat"], ())):
            message = found.messages[id_]
            if there["at"] < end - _OLD and message.usage and not message.cost:
                yield f"start: answer {id_} was interrupted and has no price"

    def _lost_drafts(self, reports: Iterable[Report], end: float, found: Found) -> Iterator[str]:
        drafts: dict[str, list[Report]] = {}
        for report in reports:
            if report["what"] == "draft":
                drafts.setdefault(report["chat"], []).append(report)
        before = self._found.drafts
        for chat in drafts.keys() | before.keys():
            told = drafts.get(chat, [])
            old = [report for report in told if report["at"] <= end - _OLD]
            may_be = [*old[-1:], *told[len(old) :]]
            kept = found.drafts.get(chat, {})
            stays = not old and _equal(kept, before.get(chat, {}))
            if not stays and not any(_same(kept, report) for report in may_be):
                yield f"draft: {kept} is kept of {may_be[:1]}, which came before {len(may_be) - 1} more"


def _same(kept: Mapping[str, Any], told: Report) -> bool:
    """Whether a kept draft is what was told."""
    pictures = [(each["name"], each.get("kept", "")) for each in kept.get("pictures", ())]
    are_same = len(pictures) == len(told["pictures"]) and all(
        name == other and (hash_ == seen or bool(name and not (hash_ and seen)))
        for (name, hash_), (other, seen) in zip(pictures, told["pictures"], strict=True)
    )
    text = told["text"] if told["text"].strip() or told["pictures"] or told["editing"] else ""
    return are_same and kept.get("text", "") == text and kept.get("editing", "") == told["editing"]


def _equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    names = ("text", "pictures", "editing", "aside")
    return [one.get(name) or "" for name in names] == [other.get(name) or "" for name in names]


def _undeleted(reports: Iterable[Report], found: Found) -> Iterator[str]:
    """What was deleted and is there again. What is brought back at the end of a run may be either."""
    for report in reports:
        if report["what"] == "deleted":
            for id_ in report["ids"]:
                if id_ not in found.messages:
                    yield f"deleted: {id_} is gone for good"


def _strange(found: Found, sent: Sent) -> Iterator[str]:
    """Answers that are not the beginning of what was sent."""
    for message in found.messages.values():
        if message.role != "assistant":
            continue
        if not _is_whole(message):
            yield f"answer: {message.id} has other words than were sent: {message.text[-40:]!r}"
        log = sent.get(first_word(message.text))
        if log and len(message.text) > log[-1][1]:
            yield f"answer: {message.id} has more than was sent"


def _is_whole(message: Message) -> bool:
    """Whether no word is missing between the first and the last."""
    width = len(first_word(message.text))
    places = [message.text[at : at + width] for at in range(0, len(message.text), width or 1)]
    stem = places[0].partition("w")[0] if places else ""
    return all(word == f"{stem}w{place:03} " for place, word in enumerate(places))


def _measure(verdict: Verdict, reports: Iterable[Report], sent: Sent, end: float, found: Found) -> None:
    """How much of the answers that were coming is lost."""
    for id_ in found.streaming:
        verdict.answers += 1
        kept = len(found.messages[id_].text)
        grown = [report for report in reports if report["what"] == "grown" and report["id"] == id_]
        later = [report["at"] for report in grown if report["length"] > kept]
        verdict.lost_shown.append(max(0.0, end - later[0]) if later else 0.0)
        log = sent.get(first_word(found.messages[id_].text), ())
        missing = [at for at, length in log if length > kept]
        if missing:
            verdict.lost_sent.append(max(0.0, end - missing[0]))


def shown_otherwise(there: Report, found: Found) -> Iterator[str]:
    """Where what a start has shown is not what was in the folder."""
    path = found.paths.get(there["chat"], [])
    expected = [_facts(found.messages[each], each in found.streaming) for each in path if each in found.messages]
    if there["said"] != expected:
        yield f"start: shows {there['said']} of {expected}"
    kept = found.drafts.get(there["chat"], {})
    if not _same(kept, there) or there["written"] != kept.get("text", ""):
        yield f"start: the draft is {there['text']!r} {there['pictures']}, written {there['written']!r}, of {kept}"


def _facts(message: Message, was_streaming: bool) -> list[Any]:
    state = "interrupted" if was_streaming else message.state
    return [message.id, message.role, state, crc32(message.text.encode()), len(message.pictures)]
