"""How a text is cut into blocks: nothing lost, nothing changed afterwards, nothing too heavy, whatever way it came."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.core import blocks_parts
from app.core.blocks import Block, Blocks, joined, split
from app.core.blocks_grammar import read
from app.core.blocks_parts import CHARACTERS, CODE, CODE_LINES, HARD, ROWS, SLICE, weight
from tests.core.documents import FORMULAS, FRAGMENTS, answer, fragments, pieces

COUNT = 2_000
"""Generated documents of each sort."""


def streamed(text: str, number: int, *, most: int = 6, tail: bool = False) -> list[Block]:
    blocks = Blocks()
    for piece in pieces(text, number, most):
        blocks.feed(piece)
        if tail:
            blocks.tail()
    blocks.finish()
    assert blocks.tail() == []
    return blocks.finished


def texts(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in split(text)]


def check(text: str, found: list[Block]) -> None:
    """All that is not blank is in some block, blocks are in order, and the parts of each one behind the other."""
    at, number, is_open = 0, -1, False
    for block in found:
        assert not text[at : block.start].strip()
        assert block.start <= block.end
        assert block.first is not is_open
        assert block.number == number + block.first
        at, number, is_open = block.end, block.number, not block.last
    assert not text[at:].strip()
    assert not is_open


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits so low that small documents are cut in every way."""
    limits = {"PROSE": 200, "CHARACTERS": 40, "HARD": 420, "SLICE": 30, "ROWS": 2, "CODE_LINES": 3, "CODE": 40}
    for name, limit in limits.items():
        monkeypatch.setattr(blocks_parts, name, limit)


# Incremental and whole


@pytest.mark.parametrize("formulas", [False, True])
def test_pieces_make_the_same_blocks_as_the_whole(formulas: bool) -> None:
    for number in range(COUNT):
        text = fragments(number, formulas=formulas)
        whole = split(text)
        assert streamed(text, number, tail=number % 3 == 0) == whole, repr(text)
        check(text, whole)


@pytest.mark.usefixtures("small_parts")
def test_pieces_make_the_same_parts_as_the_whole() -> None:
    for number in range(COUNT // 2):
        text = fragments(number, formulas=True)
        assert streamed(text, number) == split(text), repr(text)


@settings(max_examples=100)
@given(st.lists(st.sampled_from([*FRAGMENTS, *FORMULAS, "x" * 500 + "\n"]), max_size=30), st.integers(1, 40))
def test_any_pieces_of_anything_make_the_same_blocks(chosen: list[str], most: int) -> None:
    text = "".join(chosen)
    assert streamed(text, most, most=most) == split(text)


@given(st.text(alphabet=" \t\n\r`~|-=#>*+1.)[]:$\\ax", max_size=80))
def test_any_marks_make_the_same_blocks_and_none_is_lost(text: str) -> None:
    whole = split(text)
    assert streamed(text, 1, most=3, tail=True) == whole
    check(text, whole)


def test_blocks_begin_where_markdown_it_begins_them_in_the_whole_text() -> None:
    parser = MarkdownIt("commonmark").enable("table").disable("html_block")
    for number in range(2 * COUNT):
        text = fragments(number)
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        tops = [token for token in parser.parse(text) if token.level == 0 and token.nesting >= 0]
        expected = [starts[token.map[0]] for token in tops if token.map]
        assert [block.start for block in split(text) if block.kind != "definition"] == expected, repr(text)


@pytest.mark.parametrize("most", [1, 20, 3_000])
def test_an_answer_makes_the_same_blocks_however_it_comes(most: int) -> None:
    text = answer(9_000)
    whole = split(text)
    assert streamed(text, 7, most=most) == whole
    check(text, whole)


def test_what_is_finished_never_changes() -> None:
    blocks, seen = Blocks(), list[Block]()
    for piece in pieces(answer(6_000), 3, 40):
        blocks.feed(piece)
        assert blocks.finished[: len(seen)] == seen
        seen = list(blocks.finished)
    assert len(seen) > 20


def test_a_line_of_words_needs_no_parser() -> None:
    code = (
        "import sys; from app.core.blocks import split; split('Hello **you**.\\n\\nHow are you?')\n"
        "print('markdown_it' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(st.lists(st.sampled_from(["Word", "“said”", "**b** c", "*i", "(in)", "x - y", "日本", "", "a=b"]), max_size=8))
def test_what_the_parser_is_spared_it_would_read_the_same(lines: list[str]) -> None:
    simple = read(lines)
    # A definition at the end has the parser asked; it is the only block more.
    assert read([*lines, "", "[x]: y"]).tops[:-1] == simple.tops


# Blocks


def test_code_comes_without_its_fence() -> None:
    assert split("```python title\nx = 1\n\ny\n```\n") == [Block("code", "x = 1\n\ny", "python title", 0, 0, 28)]
    assert texts("~~~\n```\n~~~") == [("code", "```")]
    assert texts("  ```\n   a\n  b\n\tc\n ```") == [("code", " a\nb\n  c")]
    assert texts("```\n```") == [("code", "")]
    assert texts("````\n```\nopen") == [("code", "```\nopen")]
    assert texts("text\n\n    a\n\n\tb\n\nmore") == [("prose", "text"), ("code", "a\n\nb"), ("prose", "more")]


def test_a_fence_in_an_item_belongs_to_the_list() -> None:
    text = "1. do\n\n   ```sh\n   run\n   ```\n\n2. then"
    assert texts(text) == [("prose", text)]


def test_html_is_text() -> None:
    assert texts("<div>\n\n# a\n</div>") == [("prose", "<div>"), ("prose", "# a"), ("prose", "</div>")]


@pytest.mark.parametrize("formula", ["$$x$$", "$$\nx\n- y\n# z\n$$", "$$ a\n= b $$", "\\[\n- x\n\\]", "  \\[ x \\]"])
def test_a_display_formula_is_a_block(formula: str) -> None:
    for most in (1, 100):
        found = streamed(f"Text:\n{formula}\nmore", 1, most=most)
        assert [(block.kind, block.text) for block in found] == [
            ("prose", "Text:"),
            ("prose", formula),
            ("prose", "more"),
        ]


@pytest.mark.parametrize("text", ["$$ 5\n- x\n\nb $$", "$$x$$ and\n- x", "$$ x\n- y", "\\[ x $$\n- y\n", "$$$$\n- a"])
def test_what_is_not_closed_is_no_formula(text: str) -> None:
    found = streamed(text, 1, most=2)
    assert len(found) > 1
    assert found == split(text)


def test_definitions_are_known_and_show_nothing() -> None:
    blocks = Blocks()
    blocks.feed("See [a][1] and [b].\n\n[1]: http://one\n[b]:\n  <http://two> 'Two'\n\nmore\n\n")
    assert blocks.definitions == ("[1]: http://one", "[b]:\n  <http://two> 'Two'")
    assert [block.kind for block in blocks.finished] == ["prose", "definition", "definition"]


def test_a_title_may_still_come_behind_a_definition() -> None:
    text = "[a]: /u\n'title\n===\nmore\nend'\n\ntext"
    assert streamed(text, 1, most=2) == split(text)
    assert [block.kind for block in split(text)] == ["definition", "prose"]


# Parts


def test_a_long_list_is_cut_between_items_and_counts_on() -> None:
    text = "".join(f"1. item {number}\n   more\n" for number in range(300))
    found = split(text)
    assert len(found) > 5
    assert {block.number for block in found} == {0}
    done = 0
    for block in found:
        assert block.text.startswith(f"{1 + done}. item {done}\n")
        assert read(block.text.split("\n")).tops[0].end == len(block.text.split("\n"))
        done += block.text.count("item")
    assert done == 300


def test_a_long_paragraph_is_cut_between_lines_or_words() -> None:
    found = split("word " * 1_900)
    assert len(found) == 3
    assert all(len(block.text) <= CHARACTERS and block.text.startswith("word") for block in found)
    assert sum(block.text.count("word") for block in found) == 1_900
    lines = split("Some words of a line.\n2020. a year\n" * 200)
    assert all(weight(line) for block in lines for line in block.text.split("\n"))
    assert all(read(block.text.split("\n")).tops[0].sort == "paragraph" for block in lines)
    assert {block.number for block in lines} == {0}


def test_a_long_table_has_its_head_in_every_part() -> None:
    head = "| a | b |\n|---|--:|\n"
    blocks = Blocks()
    blocks.feed(head + "".join(f"| {number} | x |\n" for number in range(1_000)))
    assert len(blocks.finished) >= 24
    assert len(blocks.tail()) == 1
    assert blocks.tail()[0].text.count("\n") <= ROWS + 1
    blocks.finish()
    assert all(block.kind == "table" and block.text.startswith(head) for block in blocks.finished)
    assert sum(block.text.count("x |") for block in blocks.finished) == 1_000
    assert [block.first for block in blocks.finished].count(True) == 1


def test_a_table_of_hundreds_of_columns_is_plain() -> None:
    head = "|" + "a|" * 120 + "\n|" + "-|" * 120 + "\n"
    assert all(block.plain and block.kind == "prose" for block in split(head + "|x\n" * 50))


@pytest.mark.parametrize("opening", ["```\n", "  ~~~\n"])
@pytest.mark.parametrize("line", ["x = 1\n", "\n", "y" * 300 + "\n", "z" * 20_000 + "\n"])
def test_parts_of_code_are_joined_to_what_it_was(opening: str, line: str) -> None:
    code = line * 450
    found = streamed(f"{opening}{code}{opening}text", 1, most=3_000)
    assert found == split(f"{opening}{code}{opening}text")
    parts = [block for block in found if block.kind == "code"]
    assert all(len(part.text) <= CODE and part.text.count("\n") < CODE_LINES for part in parts)
    assert joined(parts) == code.removesuffix("\n")
    assert (parts[0].first, parts[-1].last, found[-1].text) == (True, True, "text")


def test_open_code_is_finished_as_it_fills() -> None:
    blocks = Blocks()
    blocks.feed("```py\n" + "a = 1\n" * 1_000)
    assert len(blocks.finished) == 4
    assert blocks.tail()[0].text.count("\n") < CODE_LINES
    blocks.feed("b" * 30_000)
    assert sum(len(block.text) for block in blocks.tail()) <= 2 * CODE


@pytest.mark.parametrize("before", ["", "text\n", "- item\n"])
def test_a_word_of_a_megabyte_is_cut_to_plain_slices(before: str) -> None:
    text = before + "x" * 1_000_000 + "\nafter"
    found = streamed(text, 1, most=3_000)
    assert found == split(text)
    slices = [block for block in found if block.plain]
    assert "".join(block.text for block in slices) == "x" * 1_000_000
    assert all(len(block.text) <= SLICE for block in slices)
    assert len({block.number for block in slices}) == 1
    check(text, found)


@pytest.mark.parametrize(
    "text",
    [
        "- a\n" + "  - nested item of it\n" * 400,
        "1. a\n   ```py\n" + "   code\n" * 400 + "   ```\n2. b\n",
        "> a\n" + "> more of it\n" * 400,
        "> ```\n" + "> code\n" * 400,
        "> a\n" + "lazy\n" * 400,
        "- a\n\n" + "  para\n\n" * 400,
        "[a\n" * 4_000,
        "$$ a\n" * 4_000,
        "> # h\nb\n" * 2_000,
        ">" * 60 + " x\n" + "- " * 900 + "x\n",
        "".join("  " * depth + "- a\n" for depth in range(100)),
        "\n" * 5_000 + "- a" + "\n" * 5_000 + "  b",
    ],
    ids=[
        "list",
        "code in item",
        "quote",
        "code in quote",
        "lazy",
        "loose",
        "[",
        "$$",
        "# in >",
        "deep",
        "deeper",
        "blank",
    ],
)
def test_nothing_makes_a_heavy_part(text: str) -> None:
    found = split(text)
    assert streamed(text, 1, most=2_000) == found
    assert all(sum(map(weight, block.text.split("\n"))) <= HARD + 200 for block in found)
    at = 0
    for block in found:
        assert not text[at : block.start].strip()
        at = block.end


def test_code_within_an_item_is_opened_again_where_it_was_cut() -> None:
    found = split("1. a\n   ```py\n" + "   code\n" * 400 + "   ```\n2. b\n3. c")
    assert all(block.text.startswith("```py\ncode") for block in found[1:-1])
    assert found[-1].text == "2. b\n3. c"
    assert sum(block.text.count("code") for block in found) == 400


def test_what_is_nested_too_deeply_is_plain() -> None:
    assert [block.plain for block in split(">" * 15 + " x\n\n" + ">" * 30 + " y")] == [False, True]


# The tail


def tails(text: str) -> list[list[Block]]:
    """What is shown after every character."""
    blocks, shown = Blocks(), []
    for character in text:
        blocks.feed(character)
        shown.append([*blocks.finished, *blocks.tail()])
    return shown


@pytest.mark.parametrize("number", range(3))
def test_no_block_changes_its_kind_while_an_answer_comes(number: int) -> None:
    text = answer(3_500, number)
    # What proves to be a definition was shown as the words it began with.
    last = {
        block.number: {block.kind, "prose"} if block.kind == "definition" else {block.kind} for block in split(text)
    }
    for shown in tails(text):
        assert all(block.kind in last[block.number] for block in shown), shown[-1]


@pytest.mark.parametrize(
    "text",
    ["`", "```", "```py", "~~", "| a", "| a | b |\n", "| a | b |\n|--", "-", "- ", "1", "1.", "12) ", "#", "## ", ">",
     "> ", "=", "---", "$$", "$$\nx = 1\n", "$$x$$", "\\[", "- [", "- [ ] ", "[a]: http", "- ```", "  - ",
     "> - ", "**", "- `"],
)  # fmt: skip
def test_what_may_become_another_thing_is_not_shown_yet(text: str) -> None:
    for before in ("", "Text.\n\n"):
        blocks = Blocks()
        blocks.feed(before + text)
        assert [block.text for block in blocks.finished + blocks.tail()] == ([before.strip()] if before else [])
        blocks.finish()
        assert blocks.finished[-1].end >= len(before + text.rstrip())


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("```inline``` x", "prose", "```inline``` x"),
        ("**bold", "prose", "**bold"),
        ("- it", "prose", "- it"),
        ("```py\nx = 1\n``", "code", "x = 1\n"),
        ("```py\n", "code", ""),
        ("| a | b |\n|---|---|\n", "table", "| a | b |\n|---|---|"),
        ("| a | b |\n|---|---|\n| 1", "table", "| a | b |\n|---|---|\n| 1"),
        ("| a | b |\nno", "prose", "| a | b |\nno"),
        ("$$\nx\n$$\n", "prose", "$$\nx\n$$"),
        ("$$x$$ is", "prose", "$$x$$ is"),
        ("word", "prose", "word"),
    ],
)
def test_the_open_end_is_shown_as_soon_as_it_is_clear(text: str, kind: str, shown: str) -> None:
    blocks = Blocks()
    blocks.feed(text)
    assert [(block.kind, block.text) for block in blocks.tail()] == [(kind, shown.removesuffix("\n"))]


def test_the_open_end_stays_small() -> None:
    for line in ("- an item of a list\n", "Words of a paragraph.\n", "> a quote\n", "| a |\n", "    code\n", "word "):
        blocks = Blocks()
        for _ in range(60):
            blocks.feed(line * 100)
            assert sum(len(block.text) for block in blocks.tail()) <= 2 * HARD
