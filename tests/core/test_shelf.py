"""What other forms of earlier pictures cost and save, against sums by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.catalog import Catalog
from app.core.cost import text_tokens
from app.core.message import ImageBlock, Message, Usage
from app.core.refit import Today
from app.core.request import Request
from app.core.shelf import KEPT, Change, Form, Load, arranged, change, described, form_of, shelf
from tests.core.test_request import MODEL, THINKING, YES, answered, asked, image

CATALOG = Catalog.load()
SONNET = CATALOG.get(MODEL)
LEFT_OUT = Form("left_out")
NOW = 1000.0
WORDS = "A bar chart."
LEFT, SAID = (text_tokens(sentence) for sentence in ("Image 2: left out.", f"Image 2, described in words: {WORDS}"))
MILLION = Decimal(1_000_000)


def today(model: str = MODEL, now: float = NOW) -> Today:
    return Today(partial(Request.build, model=model), CATALOG.get(model), CATALOG.limits, now=now)


def photo(number: int) -> ImageBlock:
    """A picture of 1521 tokens."""
    return replace(image(number), width=1092, height=1092, original_width=1092, original_height=1092, tokens=1521)


def used(input_tokens: int = 3, write: int = 0, read: int = 0, output: int = 20) -> Usage:
    return Usage.from_json(
        {
            "input_tokens": input_tokens,
            "cache_creation_input_tokens": write,
            "cache_read_input_tokens": read,
            "output_tokens": output,
        }
    )


def conversation(*, created: Sequence[float] = (800.0, 900.0), thinks: bool = False) -> list[Message]:
    """Two turns of a picture each. 1600 tokens are in the cache after the first, 3300 after the second."""
    blocks = (THINKING, YES) if thinks else (YES,)
    history = [asked("First?", photo(1))]
    history.append(answered(history, *blocks, usage=used(write=1600), created=created[0]))
    history.append(asked("Second?", photo(2)))
    history.append(answered(history, *blocks, usage=used(read=1600, write=1700), created=created[1]))
    return [replace(message, id=f"m{row}") for row, message in enumerate(history)]


def changed(history: Sequence[Message], forms: dict[int, Form], at: Today | None = None, **more: Any) -> Change:
    found = change(history, forms, at or today(), **more)
    assert found is not None
    return found


# --- what a change means ------------------------------------------------------------------------


def test_while_the_cache_is_warm_all_from_the_picture_on_is_written_anew() -> None:
    found = changed(conversation(), {2: LEFT_OUT})
    less = 1521 + 4 - LEFT
    # The prompt is what the second turn was counted at and its answer of 20 tokens: 3323, of which 3300 can be read.
    before = 3300 * Decimal("0.10") + 23 * Decimal("2.5")
    after = 1600 * Decimal("0.10") + (3323 - less - 1600) * Decimal("2.5")
    assert found == Change(
        (after - before) / MILLION,
        -less * Decimal("0.10") / MILLION,
        tokens=-less,
        rewritten=1700,
        drops_thinking=False,
    )
    assert (LEFT, found.next, found.pays_after) == (9, Decimal("0.00029"), 2)


def test_the_first_picture_takes_the_whole_cache_along() -> None:
    found = changed(conversation(), {1: LEFT_OUT})
    less = 1521 - LEFT  # alone in its message and the first, it goes without a label
    before = 3300 * Decimal("0.10") + 23 * Decimal("2.5")
    assert found.next == ((3323 - less) * Decimal("2.5") - before) / MILLION
    assert found.rewritten == 3300
    assert found.pays_after == 28


def test_once_the_cache_is_cold_leaving_out_saves_at_once() -> None:
    found = changed(conversation(), {2: LEFT_OUT}, today(now=2000.0))
    less = 1521 + 4 - LEFT
    assert found.next == -less * Decimal("2.5") / MILLION
    assert found.each_later == -less * Decimal("0.10") / MILLION
    assert (found.rewritten, found.pays_after) == (0, 0)


def test_words_cost_what_they_have_of_tokens() -> None:
    cold = today(now=2000.0)
    out, told = changed(conversation(), {2: LEFT_OUT}, cold), changed(conversation(), {2: described(WORDS)}, cold)
    assert told.tokens - out.tokens == SAID - LEFT
    assert told.next - out.next == (SAID - LEFT) * Decimal("2.5") / MILLION


def test_words_longer_than_the_picture_never_pay() -> None:
    small = [asked("?", image(1)), asked("!")]
    found = changed(small, {1: described("word " * 50)})
    assert found.tokens > 0
    assert found.pays_after is None


def test_a_prompt_too_short_for_the_cache_is_billed_at_the_input_price() -> None:
    found = changed([asked("?", replace(photo(1), width=280, height=280))], {1: LEFT_OUT})
    assert found.next == found.each_later == (LEFT - 100) * Decimal(2) / MILLION


def test_what_the_draft_adds_counts_for_the_least_that_is_cached() -> None:
    history = [asked("?", replace(photo(1), width=280, height=280))]
    found = changed(history, {1: LEFT_OUT}, draft=Load(tokens=5000))
    assert found.next == (LEFT - 100) * Decimal("2.5") / MILLION
    assert found.each_later == (LEFT - 100) * Decimal("0.10") / MILLION


def test_one_more_picture_may_be_one_too_many() -> None:
    """With the 21st all that are larger than 2000 pixels are made anew: that is what it costs to bring one back."""
    large = [replace(photo(n), width=2200, height=700, original_width=2200, original_height=700) for n in range(1, 21)]
    history = [replace(asked("?", *large, replace(photo(21), withheld=True)), id="q")]
    less = changed(history, {21: KEPT}, today(now=NOW))
    assert less.tokens < 1521


def test_thinking_behind_the_picture_stays_at_home() -> None:
    assert changed(conversation(thinks=True), {2: LEFT_OUT}).drops_thinking
    assert not changed(conversation(thinks=True), {2: KEPT}).drops_thinking
    later = [*conversation(thinks=True), asked("?", photo(3))]
    assert not changed(later, {3: LEFT_OUT}).drops_thinking


def test_no_change_changes_nothing() -> None:
    assert changed(conversation(), {1: KEPT}) == Change(Decimal(0), Decimal(0), 0, 0, drops_thinking=False)


def test_without_a_price_there_is_nothing_to_tell() -> None:
    assert change(conversation(), {1: LEFT_OUT}, today("someone-elses-model")) is None


def test_a_picture_that_another_is_the_same_as_takes_its_place() -> None:
    first, same = photo(1), replace(photo(2), same_as=1)
    history = [replace(asked("?", first, same), id="q")]
    found = changed(history, {1: LEFT_OUT})
    more = text_tokens("Image 2: the same picture as Image 1.")
    assert found.tokens == LEFT - more  # its picture goes instead
    both = changed(history, {1: LEFT_OUT, 2: LEFT_OUT})
    assert both.tokens == 2 * LEFT - more - 1521 - 4


@pytest.mark.parametrize(
    ("next_", "later", "pays"),
    [
        ("0.012", "-0.0004", 30),
        ("0.0121", "-0.0004", 31),
        ("-0.001", "-0.0004", 0),
        ("0", "0", 0),
        ("0.012", "0.0004", None),
        ("0.012", "0", None),
        ("-0.012", "0.0004", None),
    ],
)
def test_it_pays_when_it_has_saved_what_it_cost(next_: str, later: str, pays: int | None) -> None:
    assert Change(Decimal(next_), Decimal(later), 0, 0, drops_thinking=False).pays_after == pays


forms = st.dictionaries(
    st.integers(1, 5), st.one_of(st.just(KEPT), st.just(LEFT_OUT), st.text(max_size=80).map(described)), max_size=5
)


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Up to five pictures in up to four turns, the last of which may have no answer yet."""
    history: list[Message] = []
    sizes = draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))
    number, read = 0, 0
    for turn, count in enumerate(sizes):
        pictures = [photo(number + n + 1) for n in range(min(count, 5 - number))]
        number += len(pictures)
        history.append(asked(f"Question {turn}", *pictures))
        if turn < len(sizes) - 1 or draw(st.booleans()):
            write = draw(st.integers(0, 4000))
            blocks = (THINKING, YES) if draw(st.booleans()) else (YES,)
            usage = used(write=write, read=read, output=draw(st.integers(1, 3000)))
            history.append(answered(history, *blocks, usage=usage, created=draw(st.floats(0, 1000))))
            read += write
    return [replace(message, id=f"m{row}") for row, message in enumerate(history)]


@given(conversations(), forms, st.sampled_from([NOW, 1250.0, 9000.0]))
def test_what_is_done_and_undone_costs_nothing(history: list[Message], wanted: dict[int, Form], now: float) -> None:
    before = {image.number: form_of(image) for message in history for image in message.images}
    after = arranged(history, wanted)
    assert arranged(after, {number: before[number] for number in wanted if number in before}) == history
    there, back = changed(history, wanted, today(now=now)), changed(after, before, today(now=now))
    assert there.next + back.next == 0
    assert there.each_later + back.each_later == 0
    assert there.tokens + back.tokens == 0
    assert not (there.rewritten and back.rewritten)


# --- forms --------------------------------------------------------------------------------------


def test_only_messages_with_a_change_are_others() -> None:
    history = conversation()
    new = arranged(history, {2: described(f"  {WORDS}\n"), 9: LEFT_OUT})
    assert [message is was for message, was in zip(new, history, strict=True)] == [True, True, False, True]
    assert new[2].images[0].stands_for == f"Image 2, described in words: {WORDS}"


def test_the_words_of_a_picture_that_is_left_out_wait() -> None:
    (told, *_) = arranged([asked("?", photo(1))], {1: described(WORDS)})
    (out,) = arranged([told], {1: Form("left_out", WORDS)})
    assert out.images[0].stands_for == "Image 1: left out."
    assert form_of(out.images[0]) == Form("left_out", WORDS)
    assert arranged([out], {1: described(WORDS)}) == [told]


def test_blank_words_describe_nothing_and_half_a_character_goes() -> None:
    assert described(" \n ") == KEPT
    assert described("\ud83d!") == Form("described", "\ufffd!")


def test_all_parts_of_a_picture_go_the_same_way() -> None:
    overview = replace(photo(1), kind="overview")
    (new,) = arranged([asked("?", overview, replace(photo(1), kind="tile", part=1, parts=1))], {1: LEFT_OUT})
    assert all(image.withheld for image in new.images)


# --- the rows -----------------------------------------------------------------------------------


def test_a_row_says_what_a_picture_has_of_the_next_request() -> None:
    history = [*conversation(), asked("Third?", photo(3))]
    found = shelf(history, today(), spent={1: Decimal("0.0042")})
    assert [(row.number, row.state, row.tokens, row.cached) for row in found.rows] == [
        (1, "kept", 1521, True),
        (2, "kept", 1521, True),
        (3, "kept", 1521, False),
    ]
    read, write = 1521 * Decimal("0.10") / MILLION, 1521 * Decimal("2.5") / MILLION
    assert [row.cost for row in found.rows] == [read, read, write]
    assert [row.spent for row in found.rows] == [Decimal("0.0042"), 0, 0]
    assert (found.tokens, found.next, found.later) == (4563, 2 * read + write, 3 * read)
    assert shelf(history, today(now=5000.0)).next == 3 * write


def test_rows_of_every_state() -> None:
    tiles = (replace(photo(5), kind="overview"), replace(photo(5), kind="tile", part=1, parts=1))
    history = [asked("?", photo(1), replace(photo(2), description=WORDS), replace(photo(3), withheld=True))]
    history += [answered(history, YES), asked("?", replace(photo(4), same_as=1), *tiles)]
    history += [answered(history, YES), asked("Bad", photo(6))]
    history += [answered(history, stop_reason="refusal"), asked("?")]
    rows = shelf(history, today()).rows
    assert [(row.number, row.state) for row in rows] == [
        (1, "kept"),
        (2, "described"),
        (3, "left_out"),
        (4, "same_as"),
        (5, "kept"),
        (6, "silent"),
    ]
    assert rows[1].tokens == text_tokens(f"Image 2, described in words: {WORDS}")
    assert (rows[3].same_as, rows[4].tokens, rows[5].tokens) == (1, 2 * 1521, 0)


def test_without_a_price_tokens_are_known() -> None:
    found = shelf(conversation(), today("someone-elses-model"))
    assert (found.tokens, found.next, found.later) == (3042, None, None)


def test_a_conversation_without_pictures_has_nothing_on_its_shelf() -> None:
    assert shelf([], today()).rows == ()
    assert shelf([asked("Hello")], today()).rows == ()
