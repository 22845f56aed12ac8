"""The outline of a history: what is remembered of it is what would be found anew."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.core.message import Message
from app.core.outline import Memory
from app.core.request import Request
from tests.core.test_request import MODEL, THINKING, YES, answered, asked, image, read

Deed = tuple[str, int]

DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "think", "picture", "answer again", "cut", "change", "system"]), st.integers(0, 9)
    ),
    max_size=14,
)


def done(history: list[Message], deed: str, number: int) -> list[Message]:
    match deed:
        case "ask" | "think" | "picture":
            images = [image(len(history) + 1)] if deed == "picture" else []
            history = [*history, asked(f"Question {number}", *images)]
            return [*history, answered(history, *((THINKING, YES) if deed == "think" else (YES,)))]
        case "answer again" if history:
            return [*history[:-1], answered(history[:-1], YES, id=f"again{number}")]
        case "cut":
            return history[: number // 2 * 2]
        case "change" if history:
            row = number % len(history)
            return [*history[:row], replace(history[row], content=history[row].content[-1:]), *history[row + 1 :]]
    return history


@given(DEEDS)
def test_a_request_is_the_same_with_a_memory_and_without(deeds: list[Deed]) -> None:
    memory, history, system = Memory(), list[Message](), ""
    for deed, number in deeds:
        history = done(history, deed, number)
        system = f"{number}" if deed == "system" else system
        for asking in (history, [*history, asked("Next")]):
            fresh = Request.build(asking, model=MODEL, system=system)
            assert Request.build(asking, model=MODEL, system=system, memory=memory) == fresh


@given(DEEDS, st.sampled_from(["5m", "1h"]), st.booleans())
def test_the_length_of_a_body_is_known_without_making_it(deeds: list[Deed], ttl: str, diagnoses: bool) -> None:
    history: list[Message] = []
    for deed, number in deeds:
        history = done(history, deed, number)
    history += [asked("Many", *(image(100 + n) for n in range(len(deeds)))), asked("Last")]
    request = Request.build(history, model=MODEL, system="Ä", ttl=ttl, diagnoses=diagnoses)  # type: ignore[arg-type]
    assert request.length == request.body(read).length


def test_only_the_end_of_a_long_history_is_gone_through_again() -> None:
    history: list[Message] = []
    for turn in range(20):
        history = done(history, "ask", turn)
    memory = Memory()
    Request.build(history, model=MODEL, memory=memory)
    _, known, _ = memory._known
    assert len(known) == len(history) - 6
    assert Request.build(history[:-1], model=MODEL, memory=memory) == Request.build(history[:-1], model=MODEL)
    assert memory._known[1] is known
