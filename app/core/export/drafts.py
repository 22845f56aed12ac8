"""What is being written, as an archive has it: its words, and its pictures by their files, never by paths."""

from __future__ import annotations

from dataclasses import dataclass, fields

from app.core.cuts import Box, Preset
from app.core.message import JSON


@dataclass(frozen=True, slots=True)
class DraftedPicture:
    """A picture that is to be sent."""

    original: str = ""
    """SHA-256 (hex) of its file; empty for a link that goes as a link."""
    name: str = ""
    page: int = 0
    """Of a document, from 1."""
    preset: Preset = "auto"
    region: Box | None = None
    """For the preset "region": the part marked, in upright pixels of the original."""
    again: bool = False
    """Send it even where an earlier turn has the same picture."""
    sharper_than: int = 0
    """Number of the picture that this shows again, sharper."""
    url: str = ""
    sent: str = ""
    """SHA-256 (hex) of what went of it before, where its original was removed to make room."""


def written(draft: JSON | None) -> JSON | None:
    """What an archive has of a draft as the store keeps it (`app.conversation.draft`); None where that is nothing."""
    found = draft or {}
    text = str(found.get("text") or "")
    pictures = [_written(each) for each in found.get("pictures") or () if isinstance(each, dict)]
    there = [each for each in pictures if each.get("original") or each.get("url")]
    return {"text": text, "pictures": there} if text or there else None


def _written(picture: JSON) -> JSON:
    facts = {"original": picture.get("kept"), **picture}
    return {field.name: facts[field.name] for field in fields(DraftedPicture) if facts.get(field.name)}
