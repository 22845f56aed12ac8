"""What is measured of the conversation on screen; times are in milliseconds, memory in MB."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final

from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QTextBrowser

from app.core.message import Message, ReplyBlock
from tests import transcripts
from tests.benchmarks.transcript_window import SIZE, Scene, Scenes, Window, megabytes

_CHUNK: Final = 4
"""Characters of a delta: about a token."""
_UPDATES: Final = 60
_STREAMED: Final = 5.0
"""Seconds, as the next one."""
_NOTCHES_A_SECOND: Final = 125
_SHORT: Final = 0.06
"""Seconds of quiet between two looks at a bomb."""


async def opening(scene: Scene, count: int) -> Any:
    """A conversation of so many messages: until its end is painted, what it occupies then, and the longest gap."""
    messages = [*transcripts.conversation(count - 1), transcripts.reply(f"And so on.\n\n{transcripts.FAREWELL}", count)]
    chat = scene.chat(messages)
    gc.collect()
    before = megabytes()
    scene.beat.begin()
    took = await scene.took(lambda: scene.transcript.set_chat(chat), lambda: scene.shows(transcripts.FAREWELL))
    at_once = megabytes() - before
    await scene.calm()
    return {"took": took, "memory": at_once, "later": megabytes() - before, "gap": scene.beat.longest}


async def width(scene: Scene, count: int) -> Any:
    """Of a window that is made narrower and wider in turn, at the end and far above it."""
    scene.transcript.set_chat(scene.chat(transcripts.conversation(count)))
    await scene.calm()
    took = []
    for place in (1.0, 0.4):
        bar = scene.transcript.verticalScrollBar()
        bar.setValue(round(bar.maximum() * place))
        await scene.calm()
        for step in range(6):
            to = SIZE[0] - 160 * ((step + 1) % 2)
            took.append(await scene.took(lambda to=to: scene.window.resize(to, SIZE[1])))  # type: ignore[misc]
            await scene.calm()
    return {"took": median(took), "worst": max(took)}


async def scrolling(scene: Scene, count: int) -> Any:
    """The wheel turned upwards for some seconds, back, then jumps of the scroll bar: gaps, and memory after it."""
    scene.transcript.set_chat(scene.chat(transcripts.conversation(count)))
    await scene.calm()
    before = megabytes()
    scene.beat.begin()
    for direction in (1, -1):
        await _turn(scene, direction)
    found = {"p99": scene.beat.p99, "gap": scene.beat.longest}
    bar = scene.transcript.verticalScrollBar()
    took = []
    for step in range(40):
        to = bar.maximum() * (step * 17 % 40) // 40
        if to != bar.value():
            took.append(await scene.took(lambda to=to: bar.setValue(to)))  # type: ignore[misc]
    await scene.calm()
    return found | {"jump": median(took), "memory": megabytes() - before}


async def _turn(scene: Scene, direction: int) -> None:
    began, turned = perf_counter(), 0
    while (passed := perf_counter() - began) < _STREAMED / 2:
        while turned < passed * _NOTCHES_A_SECOND:
            scene.wheel(direction)
            turned += 1
        await asyncio.sleep(0.004)


async def update(scene: Scene, kilobytes: int) -> Any:
    """Processor time of one delta after so much text, until it is painted."""
    answer = await _begun(scene, kilobytes)
    scene.beat.stop()
    began = process_time()
    for _ in range(_UPDATES):
        painted = asyncio.ensure_future(scene.painted())
        await asyncio.sleep(0)
        answer = _grown(scene, answer, "dune ")
        await painted
    return {"took": (process_time() - began) * 1000 / _UPDATES}


async def whole(_scene: Scene, kilobytes: int) -> Any:
    """The same where each delta sets the whole text of a text browser as Markdown."""
    window = Window()
    view = QTextBrowser(window)
    view.resize(*SIZE)
    window.resize(*SIZE)
    text = transcripts.answer(1000 * kilobytes)
    window.show()
    took = []
    for number in range(_UPDATES // 3):
        await asyncio.sleep(0.03)
        began = process_time()
        text += "dune "
        view.document().setMarkdown(text, QTextDocument.MarkdownFeature.MarkdownNoHTML)
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
        view.viewport().repaint()
        if number:
            took.append((process_time() - began) * 1000)
    window.hide()
    return {"took": median(took)}


async def steady(scene: Scene, kilobytes: int) -> Any:
    """A hundred deltas a second after so much text: processor time by the clock's, in per cent, and gaps.

    What the benchmark itself takes for its hundred turns a second is measured before, and taken off. The beat takes
    some too: the gaps are those of a second run.
    """
    answer = await _begun(scene, kilobytes)
    scene.beat.stop()
    own, _ = await _deltas(scene, answer, "")
    share, answer = await _deltas(scene, answer, transcripts.answer(10_000, seed=2))
    scene.beat.begin()
    await _deltas(scene, answer, transcripts.answer(10_000, seed=3))
    return {"share": share - own, "own": own, "p99": scene.beat.p99, "gap": scene.beat.longest}


async def _deltas(scene: Scene, answer: Message, text: str) -> tuple[float, Message]:
    """Let the answer grow by a hundred deltas a second; the processor time in per cent, and the answer then."""
    began, spent, sent = perf_counter(), process_time(), 0
    while (passed := perf_counter() - began) < _STREAMED:
        while sent < passed * 100:
            if more := text[sent * _CHUNK : (sent + 1) * _CHUNK]:
                answer = _grown(scene, answer, more)
            sent += 1
        await asyncio.sleep(0.01)
    return 100 * (process_time() - spent) / (perf_counter() - began), answer


async def first(scene: Scene) -> Any:
    """From the first delta of an answer to its pixels."""
    took = []
    for number in range(9):
        asked, answer = transcripts.question(number=2 * number), _streaming("")
        scene.transcript.set_chat(chat := scene.chat([*transcripts.conversation(20), asked, answer]))
        await scene.calm()
        words = f"Hello{number}"
        shown = replace(answer, content=_content(words))
        took.append(await scene.took(lambda: chat.messages.replace_last(shown), lambda: scene.shows(words)))  # noqa: B023
    return {"took": median(took), "worst": max(took)}


async def burst(scene: Scene) -> Any:
    """60 KB with 22 blocks of code as fast as the loop takes them, until the end is painted."""
    text = transcripts.code_answer() + transcripts.FAREWELL
    answer = await _begun(scene, 0)
    scene.beat.begin()
    began = perf_counter()
    ended = asyncio.ensure_future(scene.painted(lambda: scene.shows(transcripts.FAREWELL)))
    for at in range(0, len(text), 16 * _CHUNK):
        answer = _grown(scene, answer, text[at : at + 16 * _CHUNK])
        await asyncio.sleep(0)
    scene.open.messages.replace_last(replace(answer, state="complete"))
    took = (await ended - began) * 1000
    await scene.calm()
    return {"took": took, "gap": scene.beat.longest}


async def giants(scene: Scene) -> Any:
    """The longest gap while each of the very long answers is opened, and looked at from end to beginning."""
    texts = {
        "1,000-row table": transcripts.table(),
        "60 KB list": transcripts.long_list(),
        "50 KB code block": transcripts.code(),
        "240 KB message": transcripts.answer(240_000),
    }
    return {name: await _gap(scene, text) for name, text in texts.items()}


async def bombs(scene: Scene, first_number: int, count: int) -> Any:
    """The longest gap while each of the layout bombs is shown, as an answer that is there and as one that comes."""
    from tests.layout_bombs import BOMBS

    found = []
    for name, text in list(BOMBS.items())[first_number : first_number + count]:
        whole = await _gap(scene, text())
        found.append((name, whole, await _gap(scene, text(), streamed=True)))
    return found


async def idle(scene: Scene) -> Any:
    """Of a window in which nothing happens."""
    scene.beat.begin()
    await asyncio.sleep(_STREAMED / 2)
    return {"p99": scene.beat.p99, "gap": scene.beat.longest}


async def _gap(scene: Scene, text: str, *, streamed: bool = False) -> float:
    """Milliseconds, at the longest."""
    asked = transcripts.question()
    if streamed:
        await _begun(scene, 0)
        scene.beat.begin()
        for share in range(1, 9):
            shown = replace(_streaming(""), content=_content(text[: len(text) * share // 8]))
            scene.open.messages.replace_last(shown)
            await asyncio.sleep(0.03)
        scene.open.messages.replace_last(transcripts.reply(text))
    else:
        chat = scene.chat([asked, transcripts.reply(text)])
        scene.beat.begin()
        scene.transcript.set_chat(chat)
    await scene.calm(_SHORT)
    bar = scene.transcript.verticalScrollBar()
    for part in (2, 1, 0):
        bar.setValue(bar.maximum() * part // 3)
        await scene.calm(_SHORT)
    longest = scene.beat.longest
    scene.transcript.set_chat(scene.chat(transcripts.conversation(2)))
    await scene.calm(_SHORT)
    return longest


async def _begun(scene: Scene, kilobytes: int) -> Message:
    """An answer that has come so far, with its end on screen."""
    answer = _streaming(transcripts.answer(1000 * kilobytes) + "\n\n" if kilobytes else "")
    scene.open = scene.chat([*transcripts.conversation(20), transcripts.question(), answer])
    scene.transcript.set_chat(scene.open)
    await scene.calm()
    scene.transcript.follow()
    while scene.transcript._keeping_up._warming.isActive():  # noqa: ASYNC110  # widgets made ahead are no part of it
        await asyncio.sleep(0.05)
    await scene.calm()
    return answer


def _grown(scene: Scene, answer: Message, more: str) -> Message:
    grown = replace(answer, content=_content(answer.text + more))
    scene.open.messages.replace_last(grown)
    return grown


def _streaming(text: str) -> Message:
    content = _content(text) if text else ()
    return transcripts.reply("", 999, state="streaming", usage=None, cost="", stop_reason=None, content=content)


def _content(text: str) -> tuple[ReplyBlock, ...]:
    return (ReplyBlock({"type": "text", "text": text}),)


SCENES: Final[Scenes] = {
    scene.__name__: scene
    for scene in (opening, width, scrolling, update, whole, steady, first, burst, giants, bombs, idle)
}
