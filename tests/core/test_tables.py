from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.tables import cells, plain_cell, to_csv, to_tsv, weights

TABLE = "| Name | Size | Note |\n|:-----|----:|:---:|\n| **a** | 1 | `x\\|y` |\n| b | 22 |\n| c | 3 | d | more |\n"


def test_a_table_has_head_rows_and_alignments() -> None:
    head, rows, alignments = cells(TABLE)
    assert head == ["Name", "Size", "Note"]
    assert rows == [["**a**", "1", "`x|y`"], ["b", "22", ""], ["c", "3", "d"]]
    assert alignments == ["left", "right", "center"]


def test_the_outer_pipes_may_be_missing_and_cells_empty() -> None:
    assert cells("a | b\n---|---\n1 | 2\n| | 4 |") == (["a", "b"], [["1", "2"], ["", "4"]], ["", ""])


@pytest.mark.parametrize("text", ["", "| a |", "\n\n"])
def test_what_is_no_table_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="head"):
        cells(text)


def test_the_weight_of_a_column_is_its_widest_cell_as_it_is_read() -> None:
    assert weights(TABLE) == (4, 4, 4)
    assert weights("| a |\n|---|\n| 日本 |\n| **[long](https://example.com/very/long)** |") == (4,)
    assert weights("| a |\n|---|\n| e\u0301e\u0301 |") == (2,)


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**bold** and *it* and ~~gone~~", "bold and it and gone"),
        ("***both*** **bold *and italic***", "both bold and italic"),
        ("__bold__ _it_ snake_case_name", "bold it snake_case_name"),
        ("`code *kept*` `` a ` b ``", "code *kept* a ` b"),
        ('[text](https://example.com/a_b_c "title") [ref][1]', "text ref"),
        ("![alt](x.png) <https://example.com/*a*>", "alt https://example.com/*a*"),
        (r"\*no mark\* 2 * 3 * 4", "*no mark* 2 * 3 * 4"),
        ("**[bold link](x)**", "bold link"),
        ("a * b", "a * b"),
        ("", ""),
    ],
)
def test_a_plain_cell_has_its_words_alone(markdown: str, words: str) -> None:
    assert plain_cell(markdown) == words


def test_tabs_and_newlines_in_a_cell_do_not_make_cells() -> None:
    assert to_tsv([["a\tb", "c\nd"], ["e", ""]]) == "a b\tc d\ne\t"


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1", "\t=1"])
def test_a_formula_is_only_text_in_csv(cell: str) -> None:
    assert next(csv.reader(io.StringIO(to_csv([[cell]])))) == ["'" + cell]


@pytest.mark.parametrize("cell", ["-", "--", "-1", "+4.5", "-1,234.50", "-12 %", "-1e-5", "3", "text", "", "a=b"])
def test_numbers_and_words_are_as_they_were_in_csv(cell: str) -> None:
    assert next(csv.reader(io.StringIO(to_csv([[cell, "x"]])))) == [cell, "x"]


SAFE = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))


@given(st.lists(st.lists(SAFE, min_size=2, max_size=2), min_size=1, max_size=5))
def test_csv_comes_back_as_it_was_save_for_the_apostrophe(rows: list[list[str]]) -> None:
    found = list(csv.reader(io.StringIO(to_csv(rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


@given(st.text(max_size=60))
def test_no_cell_is_too_odd(text: str) -> None:
    assert len(plain_cell(text)) <= len(text)
    assert all(weight >= 0 for weight in weights(f"| {text.replace(chr(10), ' ')} |\n|---|"))
