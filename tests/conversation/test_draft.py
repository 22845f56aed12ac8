"""A draft: pictures from dropped to ready, their numbers and prices, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.draft import Draft
from app.core.cost import PictureCost
from app.core.errors import FormatUnsupported, NotAPicture, PictureUnreadable, VisavisError
from tests.conftest import finish


@pytest.fixture
def draft(desk: Desk) -> Draft:
    return desk.current.draft


@pytest.fixture
def attach(draft: Draft, qtbot: QtBot) -> Callable[..., None]:
    def attach(*paths: Path) -> None:
        draft.attach([Source(path=str(path)) for path in paths])
        qtbot.waitUntil(lambda: draft.ready, timeout=10_000)

    return attach


def names(draft: Draft) -> list[str]:
    return [picture.name for picture in draft.pictures]


def test_a_draft_passes_qts_own_model_tests(
    draft: Draft, attach: Callable[..., None], picture: Callable[..., Path], qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(draft)  # type: ignore[no-untyped-call]  # pytest-qt has half its types
    attach(picture("a.png", (40, 40)), picture("b.png", (41, 40)), picture("c.png", (42, 40)))
    draft.move(0, 2)
    draft.remove(1)
    draft.undo_remove()
    draft.take()


def test_a_row_is_there_at_once_and_gets_size_tokens_and_price(
    draft: Draft, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    draft.attach([Source(path=str(picture("shot.png", (3840, 2160))))])
    assert draft.pictures[0].state == "copying"
    qtbot.waitUntil(lambda: draft.ready, timeout=10_000)
    ready = draft.pictures[0]
    assert (ready.width, ready.height, ready.sent, ready.tokens) == (3840, 2160, (2576, 1449), 4784)
    cost = draft.data(draft.index(0), Draft.CostRole)
    assert isinstance(cost, PictureCost)
    assert cost.input == Decimal(4784) * 2 / 1_000_000
    assert draft.data(draft.index(0), Draft.NextCostRole) == cost.cache_write


def test_a_small_prompt_is_not_cached_and_costs_the_input_price(
    draft: Draft, attach: Callable[..., None], picture: Callable[..., Path]
) -> None:
    attach(picture("small.png", (200, 200)))
    cost = draft.data(draft.index(0), Draft.CostRole)
    assert draft.data(draft.index(0), Draft.NextCostRole) == cost.input


def test_sizes_tokens_and_bytes_follow_the_model(
    desk: Desk, draft: Draft, attach: Callable[..., None], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    attach(picture("shot.png", (1920, 1080)))
    assert draft.pictures[0].tokens == 2691
    desk.current.set_model("claude-haiku-4-5")
    assert (draft.pictures[0].tokens, draft.pictures[0].sent) == (1560, (1456, 819))
    qtbot.waitUntil(lambda: draft.ready, timeout=10_000)
    image = draft.numbered()[0]
    assert (image.width, image.height) == (1456, 819)


def test_a_source_that_vanishes_after_the_drop_does_not_matter(
    draft: Draft, attach: Callable[..., None], picture: Callable[..., Path], tools: Tools
) -> None:
    path = picture("gone.png")
    attach(path)
    path.unlink()
    assert tools.pictures.read(draft.numbered()[0].sent)


def test_bytes_in_memory_are_a_picture_too(draft: Draft, picture: Callable[..., Path], qtbot: QtBot) -> None:
    draft.attach([Source(data=picture().read_bytes())])
    qtbot.waitUntil(lambda: draft.ready)
    assert names(draft) == [""]


def test_what_is_refused_is_told_once_with_every_reason_and_has_no_row(
    draft: Draft, picture: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "photo.jpg").write_bytes(b"8BPS" + bytes(64))
    sources = [Source(path=str(p)) for p in (tmp_path / "notes.txt", tmp_path / "photo.jpg", tmp_path / "none.png")]
    refused: list[VisavisError] = []
    draft.refused.connect(refused.extend)
    draft.attach([*sources, Source(path=str(picture("good.png"))), Source(path=str(tmp_path))])
    qtbot.waitUntil(lambda: draft.ready and len(refused) == 4)
    assert names(draft) == ["good.png"]
    assert {type(e) for e in refused} == {NotAPicture, FormatUnsupported, PictureUnreadable}


def test_what_is_removed_comes_back_in_its_place(
    draft: Draft, attach: Callable[..., None], picture: Callable[..., Path]
) -> None:
    attach(*(picture(f"{n}.png", (40 + n, 40)) for n in range(3)))
    draft.remove(1)
    draft.remove(0)
    assert names(draft) == ["2.png"]
    draft.undo_remove()
    draft.undo_remove()
    assert names(draft) == ["0.png", "1.png", "2.png"]
    assert not draft.can_undo


def test_what_is_removed_at_once_comes_back_at_once(
    draft: Draft, attach: Callable[..., None], picture: Callable[..., Path]
) -> None:
    attach(*(picture(f"{n}.png", (40 + n, 40)) for n in range(4)))
    draft.remove(1)
    draft.remove_all()
    draft.undo_remove()
    assert names(draft) == ["0.png", "2.png", "3.png"]
    draft.undo_remove()
    assert names(draft) == ["0.png", "1.png", "2.png", "3.png"]
    assert not draft.can_undo


def test_a_picture_removed_while_it_is_copied_comes_back_whole(
    draft: Draft, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    draft.attach([Source(path=str(picture("slow.png")))])
    draft.remove(0)
    draft.undo_remove()
    qtbot.waitUntil(lambda: draft.ready and draft.pictures != [])
    assert draft.numbered()[0].name == "slow.png"


def test_pictures_are_numbered_in_their_order(
    draft: Draft, attach: Callable[..., None], picture: Callable[..., Path]
) -> None:
    attach(*(picture(f"{n}.png", (40 + n, 40)) for n in range(3)))
    draft.move(2, 0)
    assert [(image.number, image.name) for image in draft.numbered()] == [(1, "2.png"), (2, "0.png"), (3, "1.png")]


def test_from_the_21st_picture_on_no_edge_is_above_2000_pixels(
    draft: Draft, attach: Callable[..., None], picture: Callable[..., Path]
) -> None:
    attach(picture("wide.png", (2500, 100)), *(picture(f"{n}.png", (40 + n, 40)) for n in range(19)))
    assert draft.numbered()[0].width == 2500
    attach(picture("last.png", (30, 30)))
    assert draft.numbered()[0].width == 2000


def test_what_is_being_written_is_there_after_a_restart(
    desk: Desk, draft: Draft, attach: Callable[..., None], picture: Callable[..., Path], tools: Tools, qtbot: QtBot
) -> None:
    attach(picture("b.png", (50, 40)), picture("a.png"))
    draft.set_text("Half a thought")
    finish(desk.save())
    again = Desk(tools, parent=tools.account)
    finish(again.restore_drafts())
    again.open(desk.current.facts.id)
    restored = again.current.draft
    qtbot.waitUntil(lambda: restored.ready)
    assert restored.text == "Half a thought"
    assert names(restored) == ["b.png", "a.png"]
