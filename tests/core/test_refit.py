"""Which pictures of a history must become others before today's request can go, and what they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.core.catalog import Catalog
from app.core.cuts import Box
from app.core.message import ImageBlock, Message, RemoteFile, ReplyBlock
from app.core.refit import PLANNED, Refit, Today, due, planned, shrunk, spare_bytes, whole_pictures
from app.core.request import Request
from tests.core.test_request import MODEL, THINKING, YES, asked, image

CATALOG = Catalog.load()
HOST = "example.com"
OLD = "claude-sonnet-4-5"
"""A model of the standard tier."""


def sized(number: int, width: int, height: int, **facts: Any) -> ImageBlock:
    """A picture that went in all the pixels of its original."""
    size = {"width": width, "height": height, "original_width": width, "original_height": height}
    return replace(image(number), **size | {"original": f"{number + 100:064x}"} | facts)


def today(model: str = MODEL, *, exact: bool = True, sources: Sequence[Any] = ("url", "file"), **facts: Any) -> Today:
    tier = CATALOG.get(model).tier if exact else None

    def build(history: Sequence[Message]) -> Request:
        return Request.build(history, model=model, server=HOST, sources=frozenset(sources), exact=tier)

    return Today(build, CATALOG.get(model), CATALOG.limits, now=10_000.0, **facts)


def conversation(*images: ImageBlock) -> list[Message]:
    """A turn for each picture, all answered but the last."""
    history: list[Message] = []
    for n, each in enumerate(images):
        history.append(replace(asked("?", each), id=f"m{n}"))
        prefix = today().build(history).prefix
        content = (ReplyBlock(THINKING), ReplyBlock(YES))
        history.append(Message("assistant", content, id=f"a{n}", prefix=prefix))
    return history[:-1]


def told(refits: Sequence[Refit]) -> list[tuple[str, int, tuple[int, int]]]:
    return [(refit.reason, refit.number, _size(refit)) for refit in refits]


def _size(refit: Refit) -> tuple[int, int]:
    return refit.images[0].width, refit.images[0].height


def test_nothing_is_due_for_what_the_request_takes_as_it_is() -> None:
    assert due(conversation(sized(1, 2212, 1659), sized(2, 28, 28)), today()) == ()


@pytest.mark.parametrize(
    ("model", "exact", "size", "expected"),
    [
        (OLD, True, (2212, 1659), [("edge_of_tier", 1, (1270, 952))]),
        (OLD, False, (2212, 1659), []),
        (MODEL, True, (2212, 1659), []),
        (MODEL, True, (9000, 600), [("edge", 1, (2576, 172))]),
        (MODEL, False, (9000, 600), [("edge", 1, (2576, 172))]),
    ],
)
def test_a_picture_too_large_for_the_model_becomes_what_a_fresh_one_would_be(
    model: str, exact: bool, size: tuple[int, int], expected: list[Any]
) -> None:
    assert told(due(conversation(sized(1, *size)), today(model, exact=exact))) == expected


def test_the_21st_block_makes_every_larger_one_smaller_and_the_drafts_blocks_count() -> None:
    history = conversation(sized(1, 2576, 1449), *(sized(n, 28, 28) for n in range(2, 20)))
    assert due(history, today(), new_blocks=1) == ()
    assert told(due(history, today(), new_blocks=2)) == [("edge_of_many", 1, (2000, 1125))]


def test_a_picture_that_went_small_never_becomes_larger() -> None:
    small = sized(1, 1568, 882, original_width=3840, original_height=2160, preset="cheap")
    assert due(conversation(small), today()) == ()
    assert told(due(conversation(small), today(found={small.sent: ""}))) == [("missing_picture", 1, (1568, 882))]


def test_parts_keep_their_cuts() -> None:
    box = Box(0, 0, 2576, 1449)
    whole = {"original_width": 5000, "original_height": 2800}
    overview = sized(1, 1456, 819, kind="overview", **whole)
    tile = sized(1, 2576, 1449, kind="tile", box=box, part=1, parts=4, **whole)
    message = replace(asked("?", overview, tile), id="m0")
    (refit,) = due([message], today(), new_blocks=19)
    assert [(i.kind, i.box, i.width, i.height) for i in refit.images] == [
        ("overview", None, 1456, 819),
        ("tile", box, 2000, 1125),
    ]
    assert [i.sent == PLANNED for i in refit.images] == [False, True]


def test_bytes_that_cannot_go_are_made_anew() -> None:
    wrong, heavy, lost = sized(1, 40, 40), sized(2, 40, 40, sent_bytes=7_500_001), sized(3, 40, 40)
    found = {wrong.sent: "image/jpeg", lost.sent: ""}
    refits = due(conversation(wrong, heavy, lost), today(found=found))
    assert [(r.reason, r.number) for r in refits] == [("media_type", 1), ("picture_bytes", 2), ("missing_picture", 3)]
    assert {r.max_bytes for r in refits} == {7_500_000}


def test_a_picture_of_which_nothing_is_left_is_nobodys_to_mend() -> None:
    lost = replace(image(1), original="e" * 64)
    assert due(conversation(lost), today(found={lost.sent: "", lost.original: ""})) == ()


def test_a_file_that_has_expired_is_uploaded_again_or_goes_as_bytes() -> None:
    kept = replace(image(1), file=RemoteFile("file_1", HOST, 20_000.0))
    gone = replace(image(2), file=RemoteFile("file_2", HOST, 10_030.0))
    forever = replace(image(3), file=RemoteFile("file_3", HOST, 0.0))
    foreign = replace(image(4), file=RemoteFile("file_4", "elsewhere.org", 1.0))
    history = conversation(kept, gone, forever, foreign)
    (again,) = due(history, today(uploads=True))
    assert (again.reason, again.images) == ("expired_file", (replace(gone, file=RemoteFile("", HOST, 0)),))
    (as_bytes,) = due(history, today(uploads=False))
    assert as_bytes.images == (replace(gone, file=None),)


@pytest.mark.parametrize(("pictures", "expected"), [(1, 0), (49, 0), (51, 51)])
def test_a_file_counts_as_gone_as_soon_as_it_may_be_when_all_others_are_uploaded(pictures: int, expected: int) -> None:
    ends = RemoteFile("file_1", HOST, 10_100)  # in 100 s
    history = conversation(*(sized(n, 28, 28, file=ends) for n in range(1, pictures + 1)))
    assert len(due(history, today(uploads=True))) == expected
    soon = conversation(sized(1, 28, 28, file=replace(ends, expires=10_059)))
    assert [refit.reason for refit in due(soon, today(uploads=True))] == ["expired_file"]


def test_a_file_still_to_be_uploaded_asks_for_no_room_in_the_body_and_needs_its_bytes() -> None:
    to_come = RemoteFile("", HOST, 0)
    large = [sized(n, 2212, 1659, sent_bytes=7_000_000, file=to_come) for n in range(1, 6)]
    assert due(conversation(*large), today(uploads=True)) == ()
    (gone,) = due(conversation(sized(1, 28, 28, file=to_come)), today(uploads=True, found={image(1).sent: ""}))
    assert gone.reason == "missing_picture"
    assert (gone.images[0].sent, gone.images[0].file) == (PLANNED, to_come)


def test_the_same_picture_goes_itself_when_the_other_goes_no_more() -> None:
    same = replace(image(2), same_as=1)
    assert due(conversation(image(1), same), today()) == ()
    (refit,) = due(conversation(replace(image(1), withheld=True), same), today())
    assert (refit.reason, refit.images) == ("same_as", (image(2),))
    (refit,) = due(conversation(replace(image(1), description="A roof."), same), today())
    assert (refit.reason, refit.images) == ("same_as", (image(2),))
    told = replace(same, description="The same roof.")
    assert due(conversation(replace(image(1), withheld=True), told), today()) == ()


def test_what_stays_at_home_is_not_touched() -> None:
    huge = sized(1, 9000, 9000)
    link = sized(2, 9000, 9000, url="https://pictures.example/roof.jpg")
    assert due(conversation(replace(huge, withheld=True), link), today()) == ()
    assert due(conversation(replace(huge, description="A roof."), link), today()) == ()
    refused = [*conversation(huge), Message("assistant", stop_reason="refusal"), asked("And now?")]
    assert due(refused, today()) == ()


def test_the_largest_give_first_where_the_body_is_too_large_and_a_quarter_stays_free() -> None:
    sizes = [7_000_000] * 4 + [100_000]
    history = conversation(*(sized(n, 1900, 1900, sent_bytes=size) for n, size in enumerate(sizes, 1)))
    refits = due(history, today())
    assert [(r.reason, r.number) for r in refits] == [("request_bytes", n) for n in range(1, 5)]
    ahead = planned(history, refits)
    assert today().build(ahead).body(bytes.fromhex).length <= 24_000_000
    assert due(ahead, today(), new_bytes=7_900_000) == ()


def test_the_draft_may_have_what_is_left_or_a_quarter() -> None:
    large = [sized(n, 1900, 1900, sent_bytes=7_000_000) for n in range(1, 4)]
    empty, full = (today().build(history) for history in ([], conversation(*large)))
    assert spare_bytes(empty, CATALOG.limits) == pytest.approx(32_000_000, abs=1000)
    assert spare_bytes(full, CATALOG.limits) == 8_000_000
    assert told(due(conversation(*large), today(), new_bytes=8_000_000))[0][0] == "request_bytes"


def test_what_is_planned_leaves_everything_else_alone_and_strips_the_thinking_after_it() -> None:
    history = conversation(image(1), sized(2, 2212, 1659), image(3))
    ahead = planned(history, due(history, today(), new_blocks=18))
    assert [new is old for new, old in zip(ahead, history, strict=True)] == [True, True, False, True, True]
    before, after = today().build(history), today().build(ahead)
    assert (before.thinks, after.thinks) == (True, False)
    assert (before.continues, after.continues) == (history[3], None)
    assert ahead[2].images[0].tokens == 72 * 54


def test_shrinking_goes_to_the_cheap_size_and_then_step_by_step() -> None:
    message = replace(asked("?", sized(1, 2212, 1659)), id="m")
    sizes = []
    for _ in range(3):
        refit = shrunk(message, 1, today())
        assert refit is not None
        assert refit.reason == "shrink"
        message = planned([message], [refit])[0]
        sizes.append(_size(refit))
    assert sizes == [(1270, 952), (889, 666), (622, 466)]
    unseen = replace(asked("?", sized(1, 0, 0, sent="", original="", url="https://pictures.example/a")), id="m")
    assert shrunk(unseen, 1, today()) is None


def test_the_whole_pictures_are_those_a_later_turn_may_speak_of() -> None:
    region = replace(image(3), kind="region", original="c" * 64)
    sharp = replace(image(4), original=image(2).original, tokens=100)
    history = conversation(image(1), image(2), region, sharp, replace(image(5), withheld=True))
    request = today().build(history)
    assert whole_pictures(request) == {(image(1).original, 0): 1, (image(2).original, 0): 4}


def test_a_picture_in_tiles_is_seen_whole_and_one_of_which_a_region_went_is_not() -> None:
    tiled = [replace(image(2), kind="overview"), replace(image(2), kind="tile"), replace(image(2), kind="tile")]
    overview = replace(image(3), kind="overview", original="c" * 64)
    marked = [overview, replace(overview, kind="region")]
    fewer = replace(image(1), original=image(2).original, tokens=image(2).tokens * 2)
    request = today().build(conversation(fewer, *tiled, *marked))
    assert whole_pictures(request) == {(image(2).original, 0): 2}
