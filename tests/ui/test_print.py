"""A conversation on paper: every word, every picture, numbered pages, and no line cut in two."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PySide6.QtGui import QTextDocument

from app.core import toning
from app.core.cuts import Box
from app.core.errors import StoreFull
from app.core.export.asked import Wanted
from app.core.export.drawn import draw
from app.core.export.parsed import pieces
from app.core.image import Pixels, pixels
from app.core.message import ImageBlock
from app.core.pictures import Pictures
from app.core.toning import LIGHT
from app.core.whole import Placed, Whole
from app.eventloop import EventLoop
from app.ui.print import _cut, _lines, _Sheet, print_whole
from app.ui.print_text import Style, plain, written
from tests.conftest import finish
from tests.core.test_export import HOSTILE
from tests.talks import WORDS, picture, reply, talk
from tests.transcripts import answer

pytestmark = pytest.mark.usefixtures("live_loop")

FAMILY = "Inter"
PICTURE = 3
"""What a PDF calls the kind of an object that is one."""
EVERYTHING = Wanted(thinking=True)


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path / "pictures")


def printed(
    made: Whole, path: Path, pictures: Pictures | None = None, did: Callable[[], None] = lambda: None, **wanted: Any
) -> list[str]:
    """The text of each page."""

    async def draw(image: ImageBlock, original: bool) -> Pixels | None:
        sha256 = image.original if original else image.sent
        there = pictures is not None and pictures.path(sha256).exists()
        return pixels(pictures.read(sha256)) if pictures is not None and there else None

    path.touch()
    finish(print_whole(made, path, replace(EVERYTHING, **wanted), WORDS, family=FAMILY, draw=draw, did=did))
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_bounded().replace("\r\n", " ").replace("\ufffe", "") for page in document]


def said(text: str) -> Whole:
    made = talk()
    return replace(
        made, messages=(*made.messages[:1], Placed(reply(text, "long"), made.messages[0].message.id)), leaf=""
    )


def images_of(path: Path) -> int:
    with pypdfium2.PdfDocument(path) as document:
        return sum(1 for page in document for each in page.get_objects() if each.type == 3)


def test_everything_said_is_on_paper(pictures: Pictures, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    text = " ".join(printed(talk(picture(pictures), picture(pictures, 2)), path, pictures))
    for words in ("Two lakes", "Be brief.", "Which is larger?", "Both show a lake", "larger", "quoted", "left", "12"):
        assert words in text
    for words in ("<script>alert(1)</script>", 'print("<b>" & 1)', "7 out", "Let me look.", "Image 2"):
        assert words in text
    assert "The area is and costs $5 or $10." in " ".join(text.split())  # a formula is drawn
    assert images_of(path) == 2


def test_costs_and_thinking_stay_away_where_they_are_not_wanted(tmp_path: Path) -> None:
    [text] = printed(talk(), tmp_path / "a.pdf", costs=False, thinking=False)
    assert "0.0123" not in text
    assert "Let me look" not in text


def test_pages_are_numbered_and_bear_the_title(tmp_path: Path) -> None:
    pages = printed(said(answer(20_000)), tmp_path / "a.pdf")
    assert len(pages) > 3
    for number, text in enumerate(pages, 1):
        assert str(number) in text
        assert "Two lakes" in text


def test_all_parts_of_a_picture_are_printed_where_its_original_is_gone(pictures: Pictures, tmp_path: Path) -> None:
    first = picture(pictures, kind="overview")
    tiles = [picture(pictures, other, kind="tile", box=Box(0, 0, 9, 9), parts=2) for other in (2, 3)]
    parts = [replace(each, number=1, original=first.original) for each in (first, *tiles)]
    counts = []
    for is_there in (True, False):
        if not is_there:
            pictures.path(first.original).unlink()
        printed(talk(*parts), tmp_path / "a.pdf", pictures, originals=True)
        with pypdfium2.PdfDocument(tmp_path / "a.pdf") as document:
            images = [each for page in document for each in page.get_objects() if each.type == PICTURE]
            counts.append(len(images))
    assert counts == [1, 3]


def test_a_missing_picture_is_told(pictures: Pictures, tmp_path: Path) -> None:
    assert "Image 1 is missing." in " ".join(printed(talk(picture(pictures)), tmp_path / "a.pdf"))


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_was_said_is_never_markup_and_never_long(
    tmp_path: Path, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    began = time.process_time()
    pages = printed(said(HOSTILE[number]), tmp_path / "a.pdf")
    assert pages
    assert time.process_time() - began < 20
    assert "Cannot open" not in capfd.readouterr().err
    assert images_of(tmp_path / "a.pdf") == 0


def test_what_says_what_follows_ends_no_page(tmp_path: Path) -> None:
    text = "\n\n".join(f"# Heading {n}\n\n" + "Some words that follow. " * (n % 17) for n in range(60))
    pages = printed(said(text), tmp_path / "a.pdf", thinking=False)
    assert len(pages) > 6
    assert not [page for page in pages if re.search(r"Heading \d+\s*$", page)]


def test_no_word_of_a_wide_table_is_broken(tmp_path: Path) -> None:
    months = ("Region", "January", "February", "March", "April", "May", "June", "July", "August", "September")
    table = "\n".join(f"|{'|'.join(cells)}|" for cells in (months, ["-"] * 10, ["highlands", *["1,203"] * 9]))
    text = " ".join(printed(said(table), tmp_path / "a.pdf"))
    assert all(word in text.split() for word in (*months, "highlands"))


def test_code_stands_apart_from_the_edge_of_its_ground_and_in_its_tones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toning, "_TOO_LONG", 60.0)
    [piece] = pieces("```python\nif x:\n\treturn 1\n```")
    document = written(piece, Style(FAMILY), draw(piece))
    document.setTextWidth(480)
    assert document.toPlainText().strip("\n") == "if x:\n    return 1"
    _, (top, _), *_, (_, bottom), _ = _lines(document)  # nothing stands before and behind it
    assert top >= 8
    assert document.size().height() - bottom >= 4
    colors = {name for block in _formats(document) for name in block}
    assert {LIGHT["keyword"], LIGHT["number"]} <= colors


def _formats(document: QTextDocument) -> list[list[str]]:
    """The colours of the letters, block by block."""
    block, found = document.begin(), []
    while block.isValid():
        found.append([each.format.foreground().color().name().upper() for each in block.textFormats()])
        block = block.next()
    return found


def test_tasks_have_boxes_and_what_is_no_formula_is_read(tmp_path: Path) -> None:
    [text] = printed(said("- [x] done\n- [ ] open\n\n$\\unknown{1}$ and $$\\frac{1}{2}$$"), tmp_path / "a.pdf")
    assert re.search(r"☑\s+done\s+☐\s+open", text)
    assert "$\\unknown{1}$" in text
    assert "frac" not in text


def test_no_cut_goes_through_a_line() -> None:
    style = Style(FAMILY)
    for document in (
        plain("word " * 900, style),
        *(written(piece, style, draw(piece)) for piece in pieces(answer(6_000))),
    ):
        document.setTextWidth(480)
        lines, height, at = _lines(document), document.size().height(), 0.0
        while at + 90 < height:
            end = _cut(lines, at, at + 90)
            assert at < end <= at + 90
            assert not [line for line in lines if line[0] < end - 0.01 and line[1] > end + 0.01]
            at = end


def test_the_window_goes_on_while_it_prints(live_loop: EventLoop, tmp_path: Path) -> None:
    gaps: list[float] = []

    async def watch() -> None:
        while True:
            began = time.process_time()
            await asyncio.sleep(0)
            gaps.append(time.process_time() - began)

    watching = live_loop.create_task(watch())
    printed(said(answer(60_000)), tmp_path / "a.pdf")
    watching.cancel()
    assert len(gaps) > 50
    assert max(gaps) < 0.5


def test_it_ends_where_it_is_cancelled(tmp_path: Path) -> None:
    def end() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        printed(talk(), tmp_path / "a.pdf", did=end)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs a device that is always full")
    (tmp_path / "a.pdf").symlink_to(full)
    with pytest.raises(StoreFull):
        printed(talk(), tmp_path / "a.pdf")
    with pytest.raises(StoreFull):
        _Sheet(tmp_path, "", FAMILY)
