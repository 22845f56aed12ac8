"""A message as rows while it grows, and the frames it is shown in: what has come in pieces is what came at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.core.blocks import split
from app.core.message import Message, ReplyBlock
from app.ui.theme import COLUMN, Theme
from app.ui.transcript.content import Code, Content, Fold, Foot, More, Notice, Pictures, Prose, Table
from app.ui.transcript.frames import Frames
from app.ui.transcript.text_rows import TextRows
from app.ui.transcript.turn import FOLDED, Turn
from app.ui.transcript.turn_words import Around
from tests import transcripts
from tests.ui.talk import PICTURE, answered, asked, coming, text_of, thought

LINES = st.sampled_from(
    [
        "# Head",
        "words that go on",
        "and on",
        "",
        "- item",
        "  - inner",
        "1. one",
        "> quoted",
        "```python",
        "```",
        "x = 1",
        "| a | b |",
        "|---|---|",
        "| a much wider cell | 2 |",
        "$$",
        "[x]: https://example.org",
        "see [x] and [y](z)",
        "---",
        "    indented",
        "<b>not bold</b>",
    ]
)
TEXTS = st.lists(LINES, min_size=1, max_size=25).map("\n".join)


def whole(text: str) -> list[Content]:
    """The rows of a text that came at once."""
    made = TextRows("answer", lambda: 2)
    made.feed(text, len(text))
    made.end()
    return made.contents(goes_on=True)[1]


def shown(turn: Turn) -> list[Content]:
    return [row.content for row in turn.rows]


def turn_of(theme: Theme, message: Message, place: Around | None = None) -> Turn:
    turn = Turn(message, place or Around(is_last=True), theme, COLUMN, lambda: 2)
    while turn.waits:
        turn.grow(message, turn.around, 60)
    return turn


def says(message: Message, text: str, *, ended: bool = False) -> Message:
    now = replace(message, content=(ReplyBlock({"type": "text", "text": text}),))
    return replace(now, state="complete") if ended else now


def sound(turn: Turn) -> bool:
    """Whether the heights are those of the rows."""
    return turn.height == sum(row.extent for row in turn.rows)


# --- the text -----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, cuts=st.lists(st.integers(1, 40), min_size=1, max_size=30))
@example(text="| a |\n|---|\n| b |\n| a much wider cell |\n\nend", cuts=[3])
@example(text="| a | b |\n|---|---|\nsee [x] and [y](z)", cuts=[1])
@example(text="see [x]\n\nand more\n\n[x]: https://example.org\n", cuts=[2, 9])
def test_rows_of_a_text_that_came_in_pieces_are_those_of_the_whole(text: str, cuts: Sequence[int]) -> None:
    made, rows, n = TextRows("answer", lambda: 2), list[Content](), 0
    while made.behind(text):
        made.feed(text, cuts[n % len(cuts)])
        first, new = made.contents(goes_on=True)
        rows[first:] = new
        assert [getattr(content, "open", False) for content in rows[:-1]] == [False] * (len(rows) - 1)
        n += 1
    made.end()
    first, new = made.contents(goes_on=True)
    rows[first:] = new
    assert rows == whole(text)


def test_only_the_open_end_is_given_again() -> None:
    text = "\n\n".join(f"Paragraph {number}." for number in range(200))
    made = TextRows("answer", lambda: 0)
    made.feed(text, 2_000)
    before = len(made.contents(goes_on=True)[1])
    made.feed(text, 1)
    first, new = made.contents(goes_on=True)
    assert before - 3 <= first
    assert len(new) <= 3


def test_a_wider_cell_makes_all_parts_of_its_table_anew_and_no_other() -> None:
    narrow = "".join(f"| {number} | b |\n" for number in range(100))
    text = f"| a | b |\n|---|---|\n| very wide | b |\n\nBetween.\n\n| a | b |\n|---|---|\n{narrow}"
    made = TextRows("answer", lambda: 0)
    made.feed(text, len(text))
    contents = made.contents(goes_on=True)[1]
    table = next(n for n, content in enumerate(contents) if isinstance(content, Table) and n)
    assert sum(isinstance(content, Table) for content in contents) > 3
    made.feed(text + "| 100 | a cell that is wider |\n", 100)
    first, new = made.contents(goes_on=True)
    assert first == table
    assert {content.weights for content in new if isinstance(content, Table)} == {(3, len("a cell that is wider"))}
    made.feed(text + "| 100 | a cell that is wider |\n| 101 | b |\n", 100)
    assert made.contents(goes_on=True)[0] > table


def test_a_definition_at_the_end_is_known_to_what_stands_above_it() -> None:
    text = "see [x]\n\n" + "more\n\n" * 40 + "[x]: https://example.org\n"
    made = TextRows("answer", lambda: 0)
    made.feed(text, len(text))
    made.contents(goes_on=True)
    made.end()
    first, new = made.contents(goes_on=True)
    assert first == 0
    assert isinstance(new[0], Prose)
    assert "https://example.org" in new[0].definitions


# --- the message --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [transcripts.answer(20_000), transcripts.code_answer(20_000, 8), transcripts.table(90)]
)
def test_rows_of_an_answer_that_streamed_are_those_of_one_that_is_read(theme: Theme, text: str) -> None:
    message = coming()
    turn = turn_of(theme, message)
    for end in range(0, len(text), 1_777):
        assert not turn.grow(says(message, text[:end]), turn.around, 60)
        assert sound(turn)
        kept = turn.rows[: len(turn.rows) - 4]
        turn.grow(says(message, text[: end + 5]), turn.around, 60)
        assert turn.rows[: len(kept)] == kept
    ended = says(message, text, ended=True)
    turn.grow(ended, turn.around, 60)
    assert shown(turn) == shown(turn_of(theme, ended))
    assert [content.block for content in shown(turn)[:-1]] == split(text)  # type: ignore[union-attr]
    assert sound(turn)


def test_much_that_comes_at_once_is_taken_in_pieces(theme: Theme) -> None:
    message, text = coming(), "word " * 12_000
    turn = turn_of(theme, message)
    slices = 0
    while turn.grow(says(message, text), turn.around, seconds=0):
        slices += 1
        assert text_of(shown(turn)).count("word") <= 800 * slices
    assert slices == 14
    assert len(text_of(shown(turn)).split()) == 12_000


def test_rows_that_stay_keep_their_heights(theme: Theme) -> None:
    message = coming("One.\n\nTwo.\n\nThree")
    turn = turn_of(theme, message)
    for row in turn.rows:
        turn.measure(row, 77)
    rows = list(turn.rows)
    turn.grow(says(message, "One.\n\nTwo.\n\nThree.\n\nFour"), turn.around, 60)
    assert turn.rows[:2] == rows[:2]
    assert [(row.exact, row.height) for row in turn.rows[:2]] == [(True, 77)] * 2
    assert not turn.rows[3].exact
    assert sound(turn)
    turn.fit(400)
    assert not any(row.exact for row in turn.rows)


def test_an_answer_that_is_asked_for_again_begins_anew(theme: Theme) -> None:
    message = coming("A first beginning.\n\nAnd more.")
    turn = turn_of(theme, message)
    turn.grow(says(message, ""), turn.around, 60)
    assert text_of(shown(turn)) == ""
    turn.grow(says(message, "Another."), turn.around, 60)
    assert text_of(shown(turn)) == "Another."
    turn.update(says(message, "Quite another one.", ended=True), turn.around)
    assert text_of(shown(turn)) == "Quite another one."
    assert sound(turn)


def test_a_long_text_is_shown_in_part_and_then_whole(theme: Theme) -> None:
    """The cut goes through a block of code."""
    text = "Words.\n\n```python\n" + "x = 1  # the same again\n" * 12_000 + "```\n\nAfter it."
    message = answered(text)
    turn = turn_of(theme, message)
    assert isinstance(shown(turn)[-2], More)
    assert len(text_of(shown(turn))) <= FOLDED + 100  # with what is put between parts
    above = turn.rows[:5]
    turn.show_all()
    while turn.grow(message, turn.around, 60):
        assert turn.rows[:5] == above
    assert [content for content in shown(turn) if not isinstance(content, Foot)] == whole(text)
    assert turn.whole(shown(turn)[3]) == "x = 1  # the same again\n" * 11_999 + "x = 1  # the same again"


def test_what_was_seen_to_come_is_not_taken_away_at_the_end(theme: Theme) -> None:
    message, text = coming("x"), "x\n\n" * (FOLDED // 2)
    turn = turn_of(theme, message)
    while turn.grow(says(message, text), turn.around, 60):
        pass
    turn.grow(says(message, text, ended=True), turn.around, 60)
    assert not any(isinstance(content, More) for content in shown(turn))


# --- what stands around the text ----------------------------------------------------------------


def test_thinking_unfolds_in_rows_of_its_own_and_grows_there(theme: Theme) -> None:
    message = replace(coming(), content=(thought("One.\n\nTw"),))
    turn = turn_of(theme, message)
    assert [type(content) for content in shown(turn)] == [Fold, Foot]
    turn.toggle("thinking")
    assert [content.block.text for content in shown(turn) if isinstance(content, Prose)] == ["One.", "Tw"]
    message = replace(message, content=(thought("One.\n\nTwo.\n\nThree."),))
    turn.grow(message, turn.around, 60)
    assert text_of(shown(turn)) == "One.\n\nTwo.\n\nThree."
    assert all(content.voice == "thought" for content in shown(turn) if isinstance(content, Prose))
    message = replace(message, content=(*message.content, ReplyBlock({"type": "text", "text": "So."})))
    turn.grow(message, turn.around, 60)
    assert [content.voice for content in shown(turn) if isinstance(content, Prose)] == ["thought"] * 3 + ["answer"]
    assert [content.open for content in shown(turn) if isinstance(content, Prose)] == [False] * 3 + [True]
    assert sound(turn)
    turn.toggle("thinking")
    assert text_of(shown(turn)) == "So."
    assert sound(turn)


def test_a_question_is_shown_as_it_was_typed_on_its_card(theme: Theme) -> None:
    text = "# not a head\n\n    <b>kept</b>\n"
    turn = turn_of(theme, asked(text, PICTURE))
    pictures, words = shown(turn)
    assert isinstance(pictures, Pictures)
    assert isinstance(words, Prose)
    assert (words.block.text, words.block.plain, words.voice) == (text.strip("\n"), True, "question")
    assert turn.card == 2
    assert {row.inset for row in turn.rows} == {turn.room_of(0)[2]}
    assert turn.rows[0].inset > 0


def test_versions_of_a_question_are_told_below_its_card(theme: Theme) -> None:
    turn = turn_of(theme, asked("What?"), Around(branch=(2, 3)))
    assert [type(content) for content in shown(turn)] == [Prose, Foot]
    assert turn.card == 1
    assert turn.rows[1].inset == 0
    turn.update(turn.message, Around())
    assert [type(content) for content in shown(turn)] == [Prose]
    assert sound(turn)


def test_a_long_question_is_in_parts_on_one_card(theme: Theme) -> None:
    text = "\n".join(f"line {number} of what was pasted" for number in range(900))
    turn = turn_of(theme, asked(text))
    assert len(turn.rows) > 3
    assert "\n".join(content.block.text for content in shown(turn) if isinstance(content, Prose)) == text
    assert turn.card == len(turn.rows)
    assert [row.above for row in turn.rows[1:]] == [0] * (len(turn.rows) - 1)


def test_parts_of_a_block_touch_and_blocks_do_not(theme: Theme) -> None:
    turn = turn_of(theme, answered("Words.\n\n```\n" + "x\n" * 500 + "```\n\nWords."))
    parts = [row for row in turn.rows if isinstance(row.content, Code)]
    assert len(parts) > 2
    assert [row.above > 0 for row in parts] == [True] + [False] * (len(parts) - 1)


def test_a_notice_comes_and_goes_above_the_foot(theme: Theme) -> None:
    message = coming("It is")
    turn = turn_of(theme, message)
    before = list(turn.rows)
    turn.update(replace(message, state="stopped"), Around(is_last=True))
    assert [type(content) for content in shown(turn)] == [Prose, Notice, Foot]
    assert turn.rows[0] is before[0]
    assert sound(turn)


# --- frames -------------------------------------------------------------------------------------


def test_many_changes_are_one_frame(qtbot: QtBot) -> None:
    frames: list[float] = []

    def show() -> bool:
        frames.append(time.monotonic())
        return False

    owner = QObject()
    clock = Frames(show, owner)
    for _ in range(100):
        clock.ask()
    assert frames == []
    qtbot.waitUntil(lambda: bool(frames))
    for _ in range(100):
        clock.ask()
    qtbot.waitUntil(lambda: len(frames) > 1)
    assert frames[1] - frames[0] >= 0.035
    qtbot.wait(100)  # longer than a frame: none comes
    assert len(frames) == 2


def test_what_waits_is_shown_without_being_asked_for(qtbot: QtBot) -> None:
    left = [4]

    def show() -> bool:
        left[0] -= 1
        return left[0] > 0

    owner = QObject()
    clock = Frames(show, owner)
    clock.ask()
    qtbot.waitUntil(lambda: left == [0])


def test_no_frame_comes_any_more_after_it_was_called_off(qtbot: QtBot) -> None:
    owner = QObject()
    clock = Frames(lambda: pytest.fail("it was called off"), owner)
    clock.ask()
    clock.cancel()
    qtbot.wait(30)
