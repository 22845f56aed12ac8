"""What of a conversation is wanted in an export, and the words it is told in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from app.core.message import THINKING, Message, ReplyBlock
from app.core.whole import Placed, Whole

Format = Literal["markdown", "page", "pdf", "archive"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes into an export besides what was said."""

    costs: bool = True
    """Tokens and prices."""
    thinking: bool = False
    originals: bool = False
    """Pictures as they were dropped, with all that their files say of them; else only the bytes that were sent, which
    carry no metadata. A conversation's own file has both then."""
    drafts: bool = False
    """What is being written; for a conversation's own file only."""


@dataclass(frozen=True, slots=True)
class Words:
    """What an export says for itself. The functions are called in threads."""

    you: str
    thinking: str
    system: str
    """Heading of the system prompt."""
    untitled: str
    """What a conversation without a title is called."""
    not_there: str
    """In the place of a picture whose file is missing; "%1" is its label."""
    day: Callable[[float], str]
    """Seconds since the epoch → the day and the time."""
    model: Callable[[str], str]
    """Id of a model → its name."""
    cost: Callable[[Message], str]
    """What an answer has cost, in a line; empty where nothing is known."""
    ending: Callable[[Message], str]
    """How an answer ended where that is not as usual; else empty."""


def about(whole: Whole, words: Words) -> str:
    """When it began, and the models that have answered: the one that would answer next has said nothing yet."""
    models = dict.fromkeys(words.model(message.model) for message in whole.shown if message.role == "assistant")
    return " · ".join(filter(None, (words.day(whole.conversation.created), ", ".join(filter(None, models)))))


def title(whole: Whole, words: Words) -> str:
    """In one line."""
    return " ".join(whole.conversation.title.split()) or words.untitled


def stripped(whole: Whole, wanted: Wanted) -> Whole:
    """The conversation without what is not wanted of it."""
    messages = tuple(Placed(_stripped(placed.message, wanted), placed.parent) for placed in whole.messages)
    conversation = whole.conversation if wanted.costs else replace(whole.conversation, cost="")
    draft = whole.draft if wanted.drafts else None
    if draft and not wanted.originals:
        draft = {**draft, "pictures": []}  # nothing was sent of them: there are only their originals
    return replace(whole, conversation=conversation, messages=messages, draft=draft)


def _stripped(message: Message, wanted: Wanted) -> Message:
    if not wanted.costs:
        message = replace(message, usage=None, estimate="", cost="", cache=None, diagnostics=None)
    if not wanted.thinking and any(isinstance(b, ReplyBlock) and b.type in THINKING for b in message.content):
        content = tuple(b for b in message.content if not (isinstance(b, ReplyBlock) and b.type in THINKING))
        message = replace(message, content=content)
    return message
