"""What is being written, read from an archive (`app.core.export.drafts`)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from app.core.export.drafts import DraftedPicture
from app.core.importing.typed import Counts, made
from app.core.message import JSON, well_formed

_MOST: Final = 1000
"""Pictures of one draft."""
_PAGES: Final = 100_000
_NAME: Final = 300
"""Characters."""
_HEXADECIMAL: Final = frozenset("0123456789abcdef")


def read(found: Any, left_out: Counts) -> JSON | None:
    """The draft as the store keeps it, of an archive that a stranger may have written. What is unfit is counted."""
    if not isinstance(found, dict):
        return None
    text, pictures = found.get("text"), found.get("pictures")
    there = []
    for each in pictures[:_MOST] if isinstance(pictures, list) else ():
        picture = made(DraftedPicture, each, left_out) if isinstance(each, dict) else None
        if picture is not None and _holds(picture):
            there.append(_kept(picture))
        else:
            left_out["block"] += 1
    text = well_formed(text) if isinstance(text, str) else ""
    return {"text": text, "pictures": there} if text or there else None


def _kept(picture: DraftedPicture) -> JSON:
    usual = DraftedPicture()
    facts = {field.name: getattr(picture, field.name) for field in fields(picture)}
    there = {name: value for name, value in facts.items() if value != getattr(usual, name)}
    original, region = there.pop("original", ""), there.pop("region", None)
    kept = {"kept": original} if original else {}
    return {**kept, "name": "", **there, **({"region": list(region)} if region else {})}


def _holds(picture: DraftedPicture) -> bool:
    """Whether its facts agree with each other: what counts on them must not fail."""
    if not all(each == "" or (len(each) == 64 and _HEXADECIMAL.issuperset(each)) for each in _hashes(picture)):
        return False
    if picture.url and not picture.url.startswith("https://"):
        return False
    if picture.page > _PAGES or picture.sharper_than > _PAGES or len(picture.name) > _NAME:
        return False
    return bool(picture.original or (picture.url and not picture.sent)) and _region_holds(picture)


def _region_holds(picture: DraftedPicture) -> bool:
    if picture.region is None:
        return picture.preset != "region"
    return picture.region.width > 0 and picture.region.height > 0


def _hashes(picture: DraftedPicture) -> tuple[str, str]:
    return picture.original, picture.sent
