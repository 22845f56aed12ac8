"""How the pictures of a draft are sent: presets, earlier pictures, limits of all together, and what that will cost."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import pytest
from PIL import Image

from app.conversation.attachment import Source
from app.conversation.room import Surroundings
from app.core.catalog import Catalog, Model
from app.core.cost import Context, context
from app.core.cuts import Box, Preset
from app.core.message import Message
from app.core.request import Request, base64_length
from tests.conversation.conftest import Bench

Draw = Callable[..., Path]


@pytest.fixture
def model(catalog: Catalog) -> Model:
    return catalog.get(catalog.default_id)


@pytest.fixture
def retarget(bench: Bench, model: Model) -> Callable[..., None]:
    def retarget(
        *,
        first: int = 1,
        others: int = 0,
        earlier: Mapping[tuple[str, int], int] | None = None,
        spare: int | None = None,
        to: Model = model,
    ) -> None:
        limits = bench.draft._around.limits
        room = limits.request_bytes if spare is None else spare
        bench.draft.retarget(Surroundings(to, limits, room, Context(pictures=others), first, 1000, earlier or {}))

    return retarget


def noise(folder: Path, name: str, size: tuple[int, int] = (400, 400)) -> Path:
    """A picture that no encoding makes small."""
    data = random.Random(name).randbytes(size[0] * size[1] * 3)  # noqa: S311
    path = folder / name
    Image.frombytes("RGB", size, data).save(path)
    return path


# --- presets ------------------------------------------------------------------------------------


def test_tiles_are_blocks_of_one_number_and_all_their_tokens_count(bench: Bench, picture: Draw) -> None:
    bench.drop(picture("screen.png", (2600, 1000)), picture("next.png"))
    bench.draft.set_preset(0, "tiles")
    assert bench.draft.pictures[0].state == "measured"
    bench.settle()
    *tiles, last = bench.draft.numbered()
    assert {(image.number, image.preset) for image in tiles} == {(1, "tiles")}
    assert [image.kind for image in tiles] == ["overview"] + ["tile"] * (len(tiles) - 1)
    assert (last.number, last.kind) == (2, "whole")
    assert bench.draft.pictures[0].tokens == sum(image.tokens for image in tiles)
    assert bench.draft.estimate.picture_tokens == sum(image.tokens for image in bench.draft.numbered())
    assert bench.draft.estimate.pictures == 2


def test_what_was_prepared_before_is_there_at_once(bench: Bench, picture: Draw) -> None:
    bench.drop(picture("screen.png", (3840, 2160)))
    auto = bench.draft.numbered()
    bench.draft.set_preset(0, "cheap")
    bench.settle()
    assert bench.only.tokens == 1560
    bench.draft.set_preset(0, "auto")
    assert bench.draft.ready
    assert bench.draft.numbered() == auto


def test_a_preset_set_while_the_picture_is_copied_holds(bench: Bench, picture: Draw) -> None:
    bench.draft.attach([Source(path=str(picture("screen.png", (3840, 2160))))])
    bench.draft.set_preset(0, "cheap")
    bench.settle()
    assert bench.draft.numbered()[0].preset == "cheap"
    assert bench.only.tokens == 1560


def test_changing_the_mind_quickly_ends_at_the_last_wish(bench: Bench, picture: Draw) -> None:
    bench.drop(picture("screen.png", (3840, 2160)))
    bench.draft.set_preset(0, "tiles")
    bench.draft.set_preset(0, "region", Box(10, 10, 300, 200))
    bench.draft.set_preset(0, "cheap")
    bench.settle()
    assert [(image.kind, image.tokens) for image in bench.draft.numbered()] == [("whole", 1560)]


def test_all_that_was_chosen_is_there_after_an_undo_and_after_a_restart(bench: Bench, picture: Draw) -> None:
    path = str(picture("plan.png", (2600, 900)))
    bench.attach(
        Source(path=path, preset="region", region=Box(5, 6, 700, 80), sharper_than=4, again=True),
        Source(path=path, name="whole.png", preset="tiles"),
    )
    before = bench.draft.numbered()
    assert before[0].sharper_than == 4
    bench.draft.remove_all()
    bench.draft.undo_remove()
    bench.draft.undo_remove()
    bench.settle()
    assert bench.draft.numbered() == before
    sources = bench.draft.sources
    kept = bench.draft.take()
    assert kept["pictures"][0]["region"] == Box(5, 6, 700, 80)
    bench.draft.restore(kept)
    bench.settle()
    assert bench.draft.numbered() == before
    assert bench.draft.sources == sources


# --- the same as an earlier picture -------------------------------------------------------------


def test_a_picture_that_an_earlier_turn_has_goes_as_a_sentence(
    bench: Bench, picture: Draw, retarget: Callable[..., None]
) -> None:
    bench.drop(picture("roof.png", (3840, 2160)), picture("wall.png"))
    original = bench.draft.pictures[0].original
    retarget(first=3, earlier={(original, 0): 2})
    roof = bench.draft.pictures[0]
    assert (roof.same_as, roof.tokens, roof.state) == (2, 0, "ready")
    first, second = bench.draft.numbered()
    assert (first.number, first.same_as, first.tokens, second.number, second.same_as) == (3, 2, 0, 4, 0)
    assert first.stands_for == "Image 3: the same picture as Image 2."
    cost = bench.draft.data(bench.draft.index(0), bench.draft.CostRole)
    assert (cost.tokens, cost.input) == (0, 0)
    bench.draft.send_again(0)
    assert (bench.draft.pictures[0].same_as, bench.draft.pictures[0].tokens) == (0, 4784)
    assert bench.draft.ready


@pytest.mark.parametrize("preset", ["auto", "cheap"])
def test_asking_for_a_preset_sends_it_again(
    bench: Bench, picture: Draw, retarget: Callable[..., None], preset: Preset
) -> None:
    bench.drop(picture("roof.png", (3840, 2160)))
    retarget(first=2, earlier={(bench.only.original, 0): 1})
    assert bench.only.same_as == 1
    bench.draft.set_preset(0, preset)
    bench.settle()
    bench.draft.set_preset(0, "auto")
    assert bench.only.same_as == 0


def test_another_page_and_a_sharper_one_are_not_the_same(
    bench: Bench, picture: Draw, retarget: Callable[..., None]
) -> None:
    path = picture("roof.png", (3840, 2160))
    bench.attach(Source(path=str(path), sharper_than=1))
    original = bench.only.original
    retarget(first=2, earlier={(original, 0): 1, (original, 2): 1})
    assert bench.only.same_as == 0


def test_an_earlier_picture_that_goes_no_more_is_sent_again(
    bench: Bench, picture: Draw, retarget: Callable[..., None]
) -> None:
    bench.drop(picture())
    retarget(first=2, earlier={(bench.only.original, 0): 1})
    retarget(first=2)
    assert (bench.only.same_as, bench.only.tokens > 0) == (0, True)


# --- what it will cost --------------------------------------------------------------------------


def test_the_estimate_is_what_the_request_comes_to(
    bench: Bench, picture: Draw, retarget: Callable[..., None], model: Model
) -> None:
    tall = picture("tall.png", (300, 3000))
    bench.drop(tall, picture("same.png"), picture("plain.png", (500, 500)))
    bench.draft.set_preset(0, "tiles")
    bench.draft.fetch("https://pictures.example/unseen.png", True)
    bench.settle()
    retarget(first=2, earlier={(bench.draft.pictures[1].original, 0): 1})
    text = "What is the same in all of them?"
    bench.draft.set_text(text)
    message = Message.from_user(text, bench.draft.numbered(), id="m", created=0)
    asked = context(Request.build([message], model=model.id), [message], model, now=0)
    frame = context(Request.build([Message.from_user("", [], id="m", created=0)], model=model.id), [], model, now=0)
    ahead = bench.draft.estimate
    around = 4 - frame.tokens  # what the API adds around a message
    assert abs(ahead.prompt_tokens + around - asked.tokens) <= 1  # a sentence more or less is rounded up
    assert ahead.at_most is not None
    assert ahead.next is not None


# --- limits of all together ---------------------------------------------------------------------


def test_every_tile_counts_towards_the_edge_of_many_and_what_does_not_go_does_not(
    bench: Bench, picture: Draw, retarget: Callable[..., None]
) -> None:
    bench.drop(picture("wide.png", (2500, 100)), picture("tall.png", (300, 3000)))
    retarget(others=18)
    bench.settle()
    assert bench.draft.numbered()[0].width == 2500
    bench.draft.set_preset(1, "tiles")
    bench.settle()
    assert bench.draft.numbered()[0].width == 2000
    assert max(max(image.width, image.height) for image in bench.draft.numbered()) <= 2000
    retarget(others=20)
    bench.settle()
    assert bench.draft.numbered()[0].width == 2000
    bench.draft.remove(1)
    retarget(others=19, first=20)
    bench.settle()
    assert bench.draft.numbered()[0].width == 2500
    retarget(others=20, first=20, earlier={(bench.only.original, 0): 7})
    bench.settle()
    assert (bench.only.same_as, bench.draft.numbered()[0].width) == (7, 2500)


def characters(bench: Bench) -> int:
    return sum(base64_length(image.sent_bytes) for image in bench.draft.numbered() if not image.stands_for)


def test_the_largest_give_until_the_body_holds_all_and_get_their_quality_back(
    bench: Bench, tmp_path: Path, picture: Draw, retarget: Callable[..., None]
) -> None:
    bench.drop(picture("small.png"), *(noise(tmp_path, f"{n}.png") for n in range(4)))
    best = bench.draft.numbered()
    assert min(image.sent_bytes for image in best[1:]) > 100_000
    room = characters(bench) // 3
    retarget(spare=200_000 + room)
    assert {picture.state for picture in bench.draft.pictures[1:]} == {"measured"}
    bench.settle()
    assert characters(bench) <= room
    images = bench.draft.numbered()
    assert images[0] == best[0]
    assert all(now.sent_bytes < before.sent_bytes for now, before in zip(images[1:], best[1:], strict=True))
    for _ in range(3):
        bench.draft.remove(1)
    assert bench.draft.ready  # the best was prepared before
    assert bench.draft.numbered()[1].sent == best[4].sent


def test_the_same_pictures_in_another_order_are_prepared_alike(
    bench: Bench, tmp_path: Path, retarget: Callable[..., None]
) -> None:
    paths = [noise(tmp_path, f"{n}.png", (200 + 100 * n, 400)) for n in range(4)]
    retarget(spare=200_000 + 300_000)
    bench.drop(*paths)
    first = {image.name: image.sent for image in bench.draft.numbered()}
    bench.draft.take()
    for path in reversed(paths):
        bench.drop(path)
    assert {image.name: image.sent for image in bench.draft.numbered()} == first


def test_only_what_exceeds_its_share_is_prepared_again(
    bench: Bench, tmp_path: Path, picture: Draw, retarget: Callable[..., None]
) -> None:
    bench.drop(picture("small.png"), noise(tmp_path, "large.png"))
    retarget(spare=200_000 + 150_000)
    assert [picture.state for picture in bench.draft.pictures] == ["ready", "measured"]
    bench.settle()
    retarget(spare=200_000 + 150_500)
    assert bench.draft.ready  # the same rung


def test_a_very_long_text_leaves_the_pictures_less_room(
    bench: Bench, tmp_path: Path, retarget: Callable[..., None]
) -> None:
    bench.drop(noise(tmp_path, "a.png"), noise(tmp_path, "b.png"))
    retarget(spare=200_000 + characters(bench) + 1000)
    bench.settle()
    before = characters(bench)
    bench.draft.set_text("word " * 40_000)
    bench.settle()
    assert characters(bench) < before
    bench.draft.set_text("")
    assert characters(bench) == before


# --- many ---------------------------------------------------------------------------------------


def calls_for(bench: Bench, paths: list[Path]) -> float:
    """Calls a picture, on the interface thread, of what keeps the pictures of a draft in step."""
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call" and Path(frame.f_code.co_filename).name in {"aims.py", "lineup.py"}

    sys.setprofile(count)
    try:
        bench.attach(*(Source(path=str(path)) for path in paths))
    finally:
        sys.setprofile(None)
    assert len(bench.names) == len(paths)
    return calls / len(paths)


def test_a_picture_among_many_is_no_more_work_than_among_few(
    bench: Bench, tmp_path: Path, retarget: Callable[..., None]
) -> None:
    paths = [tmp_path / f"{n}.png" for n in range(240)]
    for n, path in enumerate(paths):
        Image.new("L", (n % 20 + 1, n // 20 + 1)).save(path)
    retarget(others=30)  # the edge of many pictures holds from the first on
    few = calls_for(bench, paths[:40])
    bench.draft.take()
    assert calls_for(bench, paths) < 2 * few


def test_what_is_the_same_as_before_is_not_told_of_every_picture_again(
    bench: Bench, picture: Draw, retarget: Callable[..., None]
) -> None:
    bench.drop(picture("a.png"), picture("b.png", color="#2040c0"))
    retarget()
    told: list[int] = []
    bench.draft.dataChanged.connect(lambda first, last: told.append(last.row() - first.row() + 1))
    for _ in range(3):
        retarget()
    assert told == []
    for change in ({"first": 4}, {"others": 3, "first": 4}):
        retarget(**change)
    assert told == [2, 2]
