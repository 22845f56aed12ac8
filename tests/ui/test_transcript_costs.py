"""What a layout of a long conversation looks at: no more of it than of a short one, whatever is selected or sought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.core.message import Message
from app.ui.transcript.places import Place
from app.ui.transcript.view import Transcript
from tests.ui.talk import talk

TURNS = 5_000
MOST = 400
"""Messages that a layout may look at, some of them several times."""


class Watched(list[Message]):
    """Counts how many of its messages are looked at."""

    looks = 0

    def __iter__(self) -> Iterator[Message]:
        for message in super().__iter__():
            self.looks += 1
            yield message

    def __reversed__(self) -> Iterator[Message]:
        for message in super().__reversed__():
            self.looks += 1
            yield message

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.looks += len(found) if isinstance(key, slice) else 1
        return found


@pytest.fixture
def long(show: Callable[[Sequence[Message]], Transcript], chat: Chat) -> tuple[Transcript, Watched]:
    """10,000 messages, shown at their end."""
    transcript = show(talk(TURNS, "One paragraph."))
    transcript.follow()
    watched = Watched(chat.messages.messages)
    chat.messages._messages = watched
    return transcript, watched


def looks(transcript: Transcript, watched: Watched, qtbot: QtBot) -> int:
    """How many a layout looks at, after one that has looked up what there is."""
    told: list[None] = []
    transcript.laid_out.connect(lambda: told.append(None))
    transcript.scroll_by(-1)
    watched.looks = 0
    transcript.scroll_by(-1)
    transcript.scroll_by(1)
    qtbot.waitUntil(lambda: len(told) > 1)
    return watched.looks // 2


def test_of_one_at_rest(long: tuple[Transcript, Watched], qtbot: QtBot) -> None:
    assert 0 < looks(*long, qtbot) < MOST


def test_while_what_is_gone_is_selected(long: tuple[Transcript, Watched], qtbot: QtBot) -> None:
    transcript, watched = long
    transcript.selection.select(Place("gone", thought=False, nth=0, position=0), Place("gone", False, 0, 3))
    assert transcript.selection.empty
    assert looks(transcript, watched, qtbot) < MOST


def test_while_much_is_selected(long: tuple[Transcript, Watched], qtbot: QtBot) -> None:
    transcript, watched = long
    transcript.selection.select_all()
    assert not transcript.selection.empty
    assert looks(transcript, watched, qtbot) < MOST


def test_while_an_early_question_is_edited(long: tuple[Transcript, Watched], chat: Chat, qtbot: QtBot) -> None:
    transcript, watched = long
    chat.edit("q3")
    qtbot.waitUntil(lambda: chat.editing == "q3")
    assert looks(transcript, watched, qtbot) < MOST


def test_while_something_is_sought(long: tuple[Transcript, Watched], qtbot: QtBot) -> None:
    transcript, watched = long
    finding = transcript.find_bar.finding
    finding.search("question 4999")
    qtbot.waitUntil(lambda: finding.complete, timeout=20_000)
    assert looks(transcript, watched, qtbot) < MOST
