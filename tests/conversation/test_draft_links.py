"""Links in a draft: fetched as a copy, or sent as links, seen or not; what they cost and how they are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from app.conversation.attachment import Source
from app.conversation.chat import Tools
from app.core.cost import PictureCost
from app.core.errors import AlreadyAttached, FormatUnsupported, LinkReason, LinkRefused, NotAPicture
from tests.conversation.conftest import Bench, Web

Draw = Callable[..., Path]

ROOF = "https://pictures.example/2026/the%20roof.jpg"


def test_a_row_is_there_before_anything_is_fetched(bench: Bench, web: Web, picture: Draw) -> None:
    web.pages[ROOF] = picture("roof.jpg").read_bytes()
    bench.draft.fetch(ROOF, False)
    bench.draft.fetch("https://pictures.example/", True)
    assert bench.names == ["the roof.jpg", "pictures.example"]
    assert web.asked == []
    bench.settle()
    assert web.asked == [ROOF, "https://pictures.example/"]


def test_a_copy_is_a_picture_like_any_other(bench: Bench, web: Web, picture: Draw) -> None:
    path = picture("roof.jpg", (800, 600))
    web.pages[ROOF] = path.read_bytes()
    bench.draft.fetch(ROOF, False)
    bench.settle()
    assert (bench.only.width, bench.only.source.url, bench.only.source.kept) == (800, "", bench.only.original)
    bench.drop(path)
    assert bench.refused == [AlreadyAttached("roof.jpg", 1)]


def test_a_copy_that_cannot_be_had_is_refused(bench: Bench) -> None:
    bench.draft.fetch(ROOF, False)
    bench.settle()
    assert bench.names == []
    assert bench.refused == [LinkRefused("pictures.example", "timeout", limit=15)]


def test_a_link_that_was_seen_goes_as_a_link_with_its_size_and_tokens(bench: Bench, web: Web, picture: Draw) -> None:
    data = picture("roof.png", (3840, 2160)).read_bytes()
    web.pages[ROOF] = data
    bench.draft.fetch(ROOF, True)
    bench.settle()
    (image,) = bench.draft.numbered()
    assert (image.url, image.sent, image.sent_bytes) == (ROOF, bench.only.original, len(data))
    assert (image.width, image.height, image.media_type) == (3840, 2160, "image/png")
    assert (image.tokens, bench.only.tokens, bench.only.sent) == (4784, 4784, (2576, 1449))
    assert bench.only.thumbnail
    assert [offer.preset for offer in bench.only.offers] == ["auto"]


def test_a_link_that_nobody_could_see_counts_as_the_most_it_can_be(bench: Bench) -> None:
    bench.draft.fetch(ROOF, True)
    bench.settle()
    assert bench.refused == []
    assert (bench.only.unseen, bench.only.state, bench.only.sent) == (True, "ready", None)
    (image,) = bench.draft.numbered()
    assert (image.url, image.sent, image.width, image.sent_bytes, image.tokens) == (ROOF, "", 0, 0, 4784)
    assert bench.draft.estimate.picture_tokens == 4784
    cost = bench.draft.data(bench.draft.index(0), bench.draft.CostRole)
    assert isinstance(cost, PictureCost)
    assert cost.tokens == 4784


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://user:secret@10.0.0.1/a.png", LinkRefused("10.0.0.1", "credentials")),
        ("https://10.0.0.1/a.png", LinkRefused("10.0.0.1", "private")),
        ("https://router/a.png", LinkRefused("router", "private")),
        ("https://pictures.example:8443/a.png", LinkRefused("pictures.example", "port")),
        ("http://pictures.example/a.png", LinkRefused("pictures.example", "scheme")),
        ("https://[::1/a.png", LinkRefused("https://[::1/a.png", "unreadable")),
    ],
)
def test_a_link_that_may_not_be_followed_goes_to_nobody(
    bench: Bench, tools: Tools, url: str, error: LinkRefused
) -> None:
    bench.draft._workshop._fetch_from = tools.spending.fetch  # the real one, which gets no further than the address
    bench.draft.fetch(url, True)
    bench.settle()
    assert bench.names == []
    assert bench.refused == [error]


@pytest.mark.parametrize("reason", get_args(LinkReason))
def test_a_link_goes_unseen_only_where_the_server_may_get_further(bench: Bench, web: Web, reason: LinkReason) -> None:
    web.refusals[ROOF] = LinkRefused("pictures.example", reason)
    bench.draft.fetch(ROOF, True)
    bench.settle()
    goes = reason in {"dns", "connect", "timeout", "tls", "status", "failed"}
    assert (bench.names, bench.refused) == ((["the roof.jpg"], []) if goes else ([], [web.refusals[ROOF]]))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"<html>a page about a picture</html>", NotAPicture("the roof.jpg")),
        (b"8BPS" + bytes(64), FormatUnsupported("the roof.jpg", "PSD")),
    ],
)
def test_a_link_seen_to_lead_to_no_picture_is_refused(bench: Bench, web: Web, data: bytes, error: object) -> None:
    web.pages[ROOF] = data
    bench.draft.fetch(ROOF, True)
    bench.settle()
    assert bench.names == []
    assert bench.refused == [error]


def test_a_format_that_the_server_does_not_take_goes_as_a_converted_copy(bench: Bench, web: Web, picture: Draw) -> None:
    web.pages[ROOF] = picture("scan.tiff").read_bytes()
    bench.draft.fetch(ROOF, True)
    bench.settle()
    assert bench.refused == []
    (image,) = bench.draft.numbered()
    assert (bench.only.format, image.url, image.media_type) == ("TIFF", "", "image/webp")


def test_the_same_link_twice_is_one(bench: Bench) -> None:
    bench.draft.fetch(ROOF, True)
    bench.draft.fetch(ROOF, True)
    bench.settle()
    assert bench.names == ["the roof.jpg"]
    assert bench.refused == [AlreadyAttached("the roof.jpg", 1)]


def test_a_link_is_kept_and_not_fetched_again_without_a_click(bench: Bench, web: Web, picture: Draw) -> None:
    web.pages[ROOF] = picture("roof.png").read_bytes()
    bench.draft.fetch(ROOF, True)
    bench.draft.fetch("https://pictures.example/unseen.png", True)
    bench.settle()
    before = bench.draft.numbered()
    kept = bench.draft.take()
    asked = list(web.asked)
    bench.draft.restore(kept)
    bench.settle()
    assert bench.draft.numbered() == before
    assert web.asked == asked


def test_a_link_takes_no_part_in_the_limits_on_what_we_send(bench: Bench, web: Web, picture: Draw) -> None:
    web.pages[ROOF] = picture("wide.png", (2500, 40)).read_bytes()
    bench.draft.fetch(ROOF, True)
    bench.attach(*(Source(path=str(picture(f"{n}.png", (40 + n, 40)))) for n in range(20)))
    assert bench.draft.numbered()[0].width == 2500
    assert bench.draft.pictures[0].tokens == 90 * 2
