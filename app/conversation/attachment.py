"""One attached picture, from what was dropped to what will be sent of it: values, nothing is done here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from app.core.cuts import Box, Cut, Offer, Preset
from app.core.fit import Size
from app.core.message import JSON, ImageBlock

if TYPE_CHECKING:
    from app.core.legibility import Findings


@dataclass(frozen=True, slots=True)
class Source:
    """Something dropped, pasted or picked: a path, bytes in memory, an original that is kept already, or a link."""

    path: str = ""
    data: bytes | Callable[[], bytes] = b""
    """Or what makes the bytes, called in a thread: pixels of the clipboard are no file yet."""
    name: str = ""
    """What the person calls it; empty for a pasted bitmap."""
    kept: str = ""
    """SHA-256 of an original in the picture folder."""
    page: int = 0
    """The page wanted of a document, from 1; 0 asks which, or stands for a picture file."""
    preset: Preset = "auto"
    region: Box | None = None
    """For the preset "region": the part marked, in upright pixels of the original."""
    again: bool = False
    """Send it even where an earlier turn has the same picture."""
    sharper_than: int = 0
    """Number of the picture that this shows again, sharper."""
    url: str = ""
    """A link that goes as a link; `data` or `kept` is then what was seen there, if anything was."""
    sent: str = ""
    """SHA-256 of what went of all of it before: it stands for a `kept` original that was removed to make room."""

    @property
    def has_bytes(self) -> bool:
        return bool(self.kept or self.path or self.data)

    def to_json(self) -> JSON:
        """What `from_json` needs to have it again; bytes in memory are lost until they are kept."""
        facts: dict[str, object] = {"kept": self.kept} if self.kept else {"path": self.path} if self.path else {}
        facts["name"] = name_of(self)
        rest = ("page", "preset", "region", "again", "sharper_than", "url", "sent")
        usual = Source()
        return facts | {fact: getattr(self, fact) for fact in rest if getattr(self, fact) != getattr(usual, fact)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Source:
        facts = dict(kept)
        if region := facts.get("region"):
            facts["region"] = Box(*region)
        return cls(**facts)


@dataclass(frozen=True, slots=True)
class Many:
    """A drop of more pictures than are taken without asking."""

    count: int
    folders: tuple[str, ...]
    """Names of the folders that were looked through."""
    sources: tuple[Source, ...]
    """For `Draft.attach`, if they are wanted."""
    more: bool = False
    """Whether the folders hold more than are looked at."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of several pages that is kept: each page wanted is attached as a `Source` of its own."""

    sha256: str
    name: str
    pages: int
    format: str
    """As people call it: "PDF", "TIFF"."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a picture is prepared for: two that are equal give the same blocks."""

    cuts: tuple[Cut, ...]
    max_bytes: int
    """Of each cut."""
    patch: int = 28
    """Of the model's tier."""

    @property
    def tokens(self) -> list[int]:
        """Of each cut."""
        return [cut.tokens(self.patch) for cut in self.cuts]


@dataclass(frozen=True, slots=True)
class DraftPicture:
    """One attached picture on its way. Sizes are pixels of the picture turned upright, 0 until measured."""

    key: int
    name: str
    """What it is shown as: "lease.pdf, page 3" for a page of a document."""
    state: Literal["copying", "measured", "ready"] = "copying"
    width: int = 0
    """0 also for a link that nobody has looked behind."""
    height: int = 0
    aim: Aim | None = None
    """What will be sent of it, to the present model; None until it is measured."""
    tokens: int = 0
    """Of all its blocks together; 0 where a sentence goes in its place. Of an unseen link the most it can be."""
    format: str = ""
    source: Source = field(default_factory=Source, repr=False)
    """Where it came from and how it is to be sent; by its kept original once that is in the folder."""
    original: str = ""
    file_bytes: int = 0
    offers: tuple[Offer, ...] = ()
    """The presets that differ for it, "auto" first."""
    images: tuple[ImageBlock, ...] = ()
    """Once prepared, a block for each cut; their number is given when the message is sent. Some may have come out
    smaller than their cut, to keep within the byte limit."""
    made: Mapping[Aim, tuple[ImageBlock, ...]] = field(default_factory=dict, repr=False)
    """Everything that was prepared of it: what was wanted before is there when it is wanted again."""
    same_as: int = 0
    """Number of an earlier picture of the same content, which goes in its place unless `source.again`."""
    findings: Findings | None = None
    thumbnail: bytes = field(default=b"", repr=False)
    """A small JPEG or PNG of our own making, upright."""

    @property
    def blank(self) -> ImageBlock:
        """A block that knows its original, and nothing yet of what is sent."""
        return ImageBlock(
            number=0,
            name=self.name,
            sent="",
            media_type="",
            width=0,
            height=0,
            sent_bytes=0,
            tokens=0,
            original=self.original,
            original_width=self.width,
            original_height=self.height,
            original_bytes=self.file_bytes,
            original_format=self.format,
        )

    @property
    def preset(self) -> Preset:
        return self.source.preset

    @property
    def page(self) -> int:
        """The page of a document that it shows, from 1; 0 for a picture file."""
        return self.source.page

    @property
    def unseen(self) -> bool:
        """A link whose picture is not known: its size and its tokens are the server's to find out."""
        return self.state != "copying" and not self.width

    @property
    def sent(self) -> Size | None:
        """Pixels of the picture as a whole, or of its overview, as the model will see it; None until that is known."""
        if self.state == "ready" and self.images and self.width and not self.source.url:
            return Size(self.images[0].width, self.images[0].height)
        return self.aim.cuts[0].size if self.aim else None

    @property
    def identity(self) -> Hashable:
        """Two of the same would send the same twice. A link is what it leads to for the server, whatever we saw."""
        source = self.source
        if source.url:
            return source.url
        return (self.original, source.page, source.region, source.sharper_than) if self.original else self.key


def name_of(source: Source) -> str:
    """The name of the file, or of what was dropped instead."""
    return source.name or Path(source.path).name


def shown_name(source: Source) -> str:
    """What one picture is called: pages of one document differ."""
    name = name_of(source)
    page = f", page {source.page}"
    return name.removesuffix(page) + page if source.page else name


def name_of_link(url: str) -> str:
    """The last part of an address, or its host."""
    try:
        parts = urlsplit(url)
        return unquote(PurePosixPath(parts.path).name) or parts.hostname or url
    except ValueError:
        return url
