"""Layout bombs in the conversation: nothing raises, nothing is lost, and the window comes back soon.

How long it is held up is for the benchmark to say (`bombs`); here only what would be a hang fails.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.core.message import ReplyBlock
from app.ui.theme import Theme
from app.ui.transcript import Transcript
from tests import transcripts
from tests.conftest import destroy
from tests.layout_bombs import BOMBS, KINDS

PATIENCE: Final = 60.0
"""Seconds after which nothing more is awaited. How long it takes is measured by `bench bombs`."""
SHARE: Final = 5
"""One in so many is shown here; `bench bombs` shows all."""
STEPS: Final = 5
"""In which one that is streamed comes."""
LOOK: Final = 0.2
"""Seconds between two looks at whether all of it is there."""
READ: Final = 150_000
"""Characters that are on screen without asking for more."""


@pytest.fixture
def chat(tools: Tools) -> Iterator[Chat]:
    chat = Chat.new(transcripts.MODEL, tools)
    yield chat
    destroy(chat)


@pytest.fixture
def transcript(qtbot: QtBot, theme: Theme, gallery: Gallery, tools: Tools, chat: Chat) -> Transcript:
    transcript = Transcript(theme, gallery, tools)
    qtbot.addWidget(transcript)
    transcript.resize(900, 700)
    transcript.set_chat(chat)
    transcript.show()
    return transcript


def look_through(transcript: Transcript) -> None:
    """Lay out and paint the end, the middle and the beginning."""
    bar = transcript.verticalScrollBar()
    for share in (1.0, 0.5, 0.0):
        QApplication.processEvents()
        bar.setValue(round(bar.maximum() * share))
        transcript.grab()


def stream(chat: Chat, transcript: Transcript, text: str) -> None:
    whole = transcripts.reply(text)
    begun = replace(whole, content=(), state="streaming", usage=None)
    chat.messages.reset([transcripts.question(), begun])
    for step in range(1, STEPS):
        chat.messages.replace_last(replace(begun, content=_content(text[: len(text) * step // STEPS])))
        transcript.grab()
        QApplication.processEvents()
    chat.messages.replace_last(whole)


def _content(text: str) -> tuple[ReplyBlock, ...]:
    return (ReplyBlock({"type": "text", "text": text}),)


DEFINITION: Final = re.compile(r"^ {0,3}\[[^]]+\]:.*$", re.MULTILINE)
"""Where links lead to: it is not shown by itself."""
NUMBER: Final = re.compile(r"\d{1,9}[.)](?=\s)")
"""Of an item: Markdown counts by itself."""


def written(text: str) -> Counter[str]:
    """Of a source what is to be read, and no mark of anything."""
    return letters(NUMBER.sub("", DEFINITION.sub("", text)))


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalnum())


def shown(transcript: Transcript) -> str:
    """What the rows of the answer hold, on screen or not."""
    blocks = [getattr(row.content, "block", None) for row in transcript.rows_of(1)]
    return "\n".join(f"{block.info}\n{block.text}" for block in blocks if block is not None)


def missing(transcript: Transcript, text: str) -> Counter[str]:
    """What is not yet among the rows, or never will be."""
    return written(text[:READ]) - letters(shown(transcript))


def work(seconds: float) -> None:
    """Let the window have its frames."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        QApplication.processEvents()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["whole", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_shown_and_nothing_of_it_is_lost(chat: Chat, transcript: Transcript, kind: str, how: str) -> None:
    lost = []
    for name, bomb in list(KINDS[kind].items())[:: SHARE if how == "whole" else 2 * SHARE]:
        text = bomb()
        began = time.perf_counter()
        if how == "streamed":
            stream(chat, transcript, text)
        else:
            chat.messages.reset([transcripts.question(), transcripts.reply(text)])
        look_through(transcript)
        rest = missing(transcript, text)
        while rest and time.perf_counter() - began < PATIENCE:
            work(LOOK)  # what is long comes frame by frame
            rest = missing(transcript, text)
        transcript.copying.copy_last()
        if QGuiApplication.clipboard().text() != text:
            lost.append(f"{name}: not copied")
        if rest:
            lost.append(f"{name}: {rest.most_common(3)} not shown")
    assert lost == []


def test_there_are_enough_of_them_and_each_is_no_larger_than_it_may_be() -> None:
    assert len(BOMBS) >= 200
    assert [name for name, bomb in BOMBS.items() if not 0 < len(bomb()) <= 1_000_000] == []
    assert len(BOMBS) == sum(map(len, KINDS.values()))
