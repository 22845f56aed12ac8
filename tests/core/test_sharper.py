"""How a picture that was sent can be sent again with more to see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core.catalog import Catalog
from app.core.fit import Size
from app.core.message import ImageBlock
from app.core.sharper import cuts_among, sharper
from tests.core.test_request import MODEL, image

CATALOG = Catalog.load()
TIER = CATALOG.get(MODEL).tier


def sent(width: int, height: int, **facts: Any) -> ImageBlock:
    """A photo of 12 megapixels as it went."""
    return replace(image(1), width=width, height=height, original_width=4032, original_height=3024, **facts)


@pytest.mark.parametrize(
    ("block", "preset"),
    [
        (sent(1270, 952, preset="cheap"), "auto"),
        (sent(2212, 1659), "tiles"),
        (sent(2211, 1659), "tiles"),
        (sent(784, 588, kind="overview"), "auto"),
        (sent(2212, 1659, kind="tile"), None),
        (sent(2212, 1659, withheld=True), None),
        (sent(2212, 1659, description="A roof."), None),
        (sent(2212, 1659, original=""), None),
        (image(1), None),
    ],
)
def test_auto_comes_after_cheap_and_tiles_after_auto(block: ImageBlock, preset: str | None) -> None:
    offer = sharper((block,), TIER, CATALOG.limits, others=1)
    assert (offer.preset if offer else None) == preset


def test_among_many_pictures_no_cut_is_larger_than_2000_pixels() -> None:
    offer = sharper((sent(2212, 1659),), TIER, CATALOG.limits, others=19)
    assert offer is not None
    assert max(max(cut.size) for cut in offer.cuts) <= 2000
    made = cuts_among(Size(4032, 3024), "tiles", TIER, CATALOG.limits, others=19)
    assert made == offer.cuts
    assert max(max(cut.size) for cut in cuts_among(Size(4032, 3024), "auto", TIER, CATALOG.limits, others=19)) == 2212
