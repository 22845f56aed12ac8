"""Formulas in Markdown: what is one by Pandoc's rule, and that no text is lost for any other."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.formulas import find, marks, protect

PIECES = st.lists(
    st.sampled_from(
        ["$", "$$", "\\", r"\(", r"\)", r"\[", r"\]", "`", "```", "\n", "\n\n", " ", "a", "5", "x^2", "> ", "- ", "~~~",
         "](", ")", "http://a/", "|", "\ufdd2", "\ufdd5", "\ufdd3", "😀"]
    ),
    max_size=40,
)  # fmt: skip


def test_dollars_are_formulas_and_prices_are_not() -> None:
    assert texs("$x$ and $y^2$.") == [("inline", "x"), ("inline", "y^2")]
    assert texs("It is $5 and $10, or $6 and 7 $.") == []
    assert texs("$a$5 is none, $ a$ neither, $a $ nor") == []
    assert texs(r"costs \$5 or \$6") == []
    assert texs(r"$\$5$") == [("inline", r"\$5")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$$a$$", [("display", "a")]),
        ("$$\na\n=b\n$$", [("display", "a\n=b")]),
        ("$$a$$ $$b$$", [("display", "a"), ("display", "b")]),
        (r"\(a\) \[b\]", [("inline", "a"), ("display", "b")]),
        (r"\\(a\\)", []),
        (r"\[ \] $$$$ $$ $$", []),
        ("$a\nb$", [("inline", "a\nb")]),
        ("$a\n\nb$ $$a\n \nb$$", []),
        ("> $$\n> a\n> $$", [("display", "a")]),
        ("$$a\n> b$$", [("display", "a\n> b")]),
        ("`$a$` ``b`$c$`` $d$", [("inline", "d")]),
        (r"`\` $a$ \`$b$`", [("inline", "a"), ("inline", "b")]),
        ("`a\n\n$b$ `", [("inline", "b")]),
        ("```\n$a$\n```\n$b$", [("inline", "b")]),
        ("- ~~~\n  $a$\n  ~~~\n- $b$", [("inline", "b")]),
        ("````\n```\n$a$\n````", []),
        ("```\n$a$", []),
        ("[a](http://b/$c$d) <http://b/$c$d> http://b/$c$d $e$", [("inline", "e")]),
        ("[a]: http://b/$c$d\n\n$e$", [("inline", "e")]),
        ("as in [1]: $a$", [("inline", "a")]),
        ("| $a$ | $b$ |", [("inline", "a"), ("inline", "b")]),
        ("**$a$** _$b$_", [("inline", "a"), ("inline", "b")]),
    ],
)
def test_where_formulas_are(text: str, found: list[tuple[str, str]]) -> None:
    assert texs(text) == found


def test_a_formula_says_where_it_is() -> None:
    (formula,) = find("😀 $ x $$y$$ z")
    assert (formula.start, formula.end, formula.source) == (6, 11, "$$y$$")


@given(PIECES)
def test_formulas_are_parts_of_their_text_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    end = 0
    for formula in find(text):
        assert formula.start >= end
        end = formula.end
        assert text[formula.start : formula.end] == formula.source
        assert "\n\n" not in formula.source
        assert formula.tex.strip()


@given(PIECES)
def test_a_marked_text_is_the_same_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    formulas = find(text)
    marked = protect(text, formulas)
    numbers = [number for _, _, number in marks(marked)]
    assert numbers == list(range(len(formulas)))
    for start, end, number in reversed(marks(marked)):
        marked = marked[:start] + formulas[number].source + marked[end:]
    lost = dict.fromkeys(range(0xFDD2, 0xFDDE))
    assert marked.translate(lost) == text.translate(lost)


@pytest.mark.parametrize(
    "text",
    ["$a " * 40_000, "$" * 60_000, r"\(" * 40_000, "`" * 9 + "`a" * 40_000, "$a$ " * 20_000, "```\n" * 20_000,
     r"\(" * 20_000 + "\n\n" + r"\)", "> " * 40_000 + "$", "](" * 40_000 + "$"],
)  # fmt: skip
def test_time_grows_with_the_text_alone(text: str) -> None:
    short, long = (cost(text[: len(text) // part]) for part in (8, 1))
    assert long < 8 * 4 * short + 0.05


def cost(text: str) -> float:
    took = []
    for _ in range(3):
        began = time.process_time()
        find(text)
        took.append(time.process_time() - began)
    return min(took)


def texs(text: str) -> list[tuple[str, str]]:
    return [(formula.kind, formula.tex) for formula in find(text)]
