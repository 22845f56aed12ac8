"""Which rows stand above and below the text of a message, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from PySide6.QtCore import QCoreApplication

from app.conversation.repeats import Wait
from app.core.catalog import Model
from app.core.errors import VisavisError
from app.core.failure import error_from_json, error_to_json
from app.core.message import JSON, THINKING, Message, ReplyBlock
from app.ui import errors, figures
from app.ui.transcript import endings
from app.ui.transcript.content import Caption, Content, Fold, Foot, Notice
from app.ui.transcript.pace import Pace

translate = QCoreApplication.translate

Folded = Literal["thinking", "answer"]
"""What a fold can hide."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a message from around it."""

    is_last: bool = False
    model: Model | None = None
    """That answers, where it is known."""
    asks: Model | None = None
    """That would answer now, where it is another."""
    offers: tuple[tuple[int, str], ...] = ()
    """Pictures of the question that can be sent again, sharper: numbers, and the words that offer it."""
    branch: tuple[int, int] = (1, 1)
    """Which one of how many versions it is."""
    wait: Wait | None = None
    """A repeat that is counted down to."""
    uploaded: tuple[int, int] = (0, 0)
    """Pictures that are on the server, and how many are to be."""
    pace: Pace | None = None
    """While it streams."""
    rate: Decimal | None = None
    """USD per million tokens that the pictures were billed at; None where no price is known."""
    asked_again: bool = False
    """It was asked again without earlier thinking."""
    rest: str | None = None
    """What the rest of it would cost, in words, where it broke off and can be gone on with."""


def heads(message: Message, *, is_open: Callable[[Folded], bool], pace: Pace | None = None) -> list[Fold]:
    """The rows above the text of an answer; what is unfolded of them is not among them.

    A declined answer is hidden behind its line. With a `pace` the seconds are counted while it thinks.
    """
    if message.role == "user":
        return []
    return [*_thinking(message, is_open, pace), *_declined(message, is_open)]


def tails(message: Message, around: Around) -> list[Content]:
    """The rows below the text: what is being done, what went wrong, what it has cost."""
    if message.role == "user":
        return _below_question(message, around)
    if message.state == "streaming":
        return _while_it_comes(message, around)
    return _at_the_end(message, around)


def unanswered() -> Notice:
    """A last message without an answer (stopped before it was asked, or cut off by a crash) can be sent again."""
    return Notice(words=translate("turn_words", "This message has no answer yet."), action="retry")


def not_sent(error: VisavisError) -> Notice:
    """Why nothing was sent, until it was read."""
    return Notice(error, refusal=True, about=_written(error_to_json(error)))


def _is_wordless(answer: Message) -> bool:
    """Whether nothing of it has come yet, besides what is thought."""
    return answer.state == "streaming" and not answer.text


def _thinking(answer: Message, is_open: Callable[[Folded], bool], pace: Pace | None) -> list[Fold]:
    thought = any(isinstance(block, ReplyBlock) and block.type in THINKING for block in answer.content)
    if not thought or (_is_wordless(answer) and not answer.thinking):
        return []
    if not answer.thinking:
        words = translate("turn_words", "Claude thought; the text is not shown")
        return [Fold("thinking", words, open=False, has_body=False)]
    if _is_wordless(answer):
        words = translate("turn_words", "Thinking…")
        return [Fold("thinking", words, open=is_open("thinking"), pace=pace)]
    return [Fold("thinking", _thought_for(answer), open=is_open("thinking"))]


def _thought_for(answer: Message) -> str:
    if not answer.thought:
        return translate("turn_words", "Thinking")
    return translate("turn_words", "Thought for %1 s").replace("%1", figures.count(max(1, round(answer.thought))))


def _declined(answer: Message, is_open: Callable[[Folded], bool]) -> list[Fold]:
    if not answer.refused:
        return []
    # An answer that broke off after it was declined has an error to tell; the line is for that it was declined.
    words = errors.stop_words(answer) or errors.stop_words(replace(answer, state="complete", error=None))
    has_body = bool(answer.text)
    return [Fold("answer", words, open=has_body and is_open("answer"), has_body=has_body)]


def _below_question(question: Message, around: Around) -> list[Content]:
    below: list[Content] = []
    if question.error is not None:
        below.append(_notice(question.error))
    if around.branch[1] > 1:
        below.append(Foot(question, branch=around.branch))
    return below


def _while_it_comes(answer: Message, around: Around) -> list[Content]:
    if around.wait is not None and around.wait.seconds:
        return [Notice(wait=around.wait)]
    below: list[Content] = []
    if not answer.text and not answer.thinking:
        below.append(Caption(_doing(answer, around)))
    if around.asked_again or around.wait is not None:
        below.append(Notice(words=translate("turn_words", "Asked again without earlier thinking.")))
    below.append(Foot(answer, around.model, is_last=around.is_last, branch=around.branch, pace=around.pace))
    return below


def _doing(answer: Message, around: Around) -> str:
    """What is being done before anything can be read."""
    done, count = around.uploaded
    if done < count:
        words = translate("turn_words", "Uploading picture %1 of %2…").replace("%1", figures.count(done + 1))
        return words.replace("%2", figures.count(count))
    if answer.content:
        return translate("turn_words", "Thinking…")
    name = around.model.name if around.model is not None else ""
    return translate("turn_words", "Asking %1…").replace("%1", name)


def _at_the_end(answer: Message, around: Around) -> list[Content]:
    below: list[Content] = []
    if hidden := endings.unshown(answer):
        below.append(Caption(hidden, small=True))
    notice = _ending(answer, around)
    if notice is not None:
        below.append(notice)
    foot = Foot(
        answer,
        around.model,
        around.asks,
        is_last=around.is_last,
        has_retry=notice is not None and _offers_retry(notice),
        offers=around.offers if answer.text else (),
        branch=around.branch,
    )
    return [*below, foot]


def _ending(answer: Message, around: Around) -> Notice | None:
    """How it ended, where that is not as usual. Only the last answer offers a way on."""
    if endings.is_failure(answer) and answer.error is not None:
        notice = _notice(answer.error, can_retry=around.is_last)
    else:
        words, action = endings.note(answer)
        if not words:
            return None
        notice = Notice(words=words, action=action if around.is_last else "")
    asks = around.asks.name if around.asks is not None and around.asks != around.model else ""
    return replace(notice, rest=around.rest, asks=asks) if around.is_last else notice


def _offers_retry(notice: Notice) -> bool:
    if notice.error is None:
        return notice.action == "retry"
    return notice.can_retry and "retry" in errors.words(notice.error).actions


def _notice(error: JSON, *, can_retry: bool = False) -> Notice:
    return Notice(error_from_json(error), can_retry=can_retry, about=_written(error))


def _written(error: JSON) -> str:
    return json.dumps(error, sort_keys=True, default=str)
