"""Which pictures of a history today's request could not carry as they are, and what each becomes: pure arithmetic.

The bytes once sent never change, unless a request would be refused with them: another model, the 21st picture, another
server, a file that is gone. All that is due then happens in one batch, from the kept originals. What each picture will
be is known here, before a pixel is decoded, so that the price can be told beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from app.core.catalog import Limits, Model
from app.core.cost import USUAL_ANSWER, Context, TextCount, context, text_tokens
from app.core.cuts import smaller
from app.core.fit import Size, Tier, fit, image_tokens
from app.core.ladder import LEAST, even_cap, rung
from app.core.message import REFITTED, Block, ImageBlock, Message, RemoteFile
from app.core.request import Request, base64_length, sendable

PLANNED: Final = "planned"
"""Stands for the SHA-256 of bytes that are still to be made."""

Reason = Literal[
    "same_as",
    "missing_picture",
    "media_type",
    "expired_file",
    "edge",
    "edge_of_many",
    "edge_of_tier",
    "picture_bytes",
    "request_bytes",
    "link",
    "shrink",
]
"""Why a picture cannot go as it is: kinds of `app.core.errors.Offence`, and two more. "same_as": the picture it was
the same as goes no more. "shrink": the person wants it smaller. Of "link" there are bytes, as they were found."""

_EXPIRES_SOON: Final = 60.0
"""Seconds before the end of a file on the server at which it counts as gone: the request has to get there …"""
_AN_UPLOAD: Final = 2.0
"""… and so have, before it, those pictures that are uploaded first: seconds for each."""
_STEP: Final = 0.7
"""How much smaller, at each edge, a picture becomes that is no larger than the cheap size."""


@dataclass(frozen=True, slots=True)
class Today:
    """What a request of now asks of every picture."""

    build: Callable[[Sequence[Message]], Request]
    """The request that would carry a history."""
    model: Model
    limits: Limits
    uploads: bool = False
    """Whether pictures are to be kept on the server."""
    found: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 → media type of the kept file by its first bytes, empty for one that is gone or damaged. One that was not
    looked at counts as good."""
    now: float = 0.0
    """Seconds since the epoch."""
    count: TextCount = text_tokens
    """Counts texts for the model."""
    usual: int = USUAL_ANSWER
    """Output tokens to expect of it."""
    others: Sequence[Message] = ()
    """Answers of the conversation that are on other branches: a server may still have in its cache what they were asked
    with."""

    def context(self, request: Request, history: Sequence[Message]) -> Context:
        """What a request of now carries."""
        return context(request, self.known(history), self.model, now=self.now, count=self.count, usual=self.usual)

    def known(self, history: Sequence[Message]) -> Sequence[Message]:
        """A history and the answers on other branches, in the order in which they came: all that went to a server."""
        if not self.others:
            return history
        shown = {message.id for message in history}
        return sorted([*history, *(m for m in self.others if m.id not in shown)], key=lambda message: message.created)


@dataclass(frozen=True, slots=True)
class Refit:
    """One picture that becomes another form of itself."""

    message: str
    """Id of the message it belongs to."""
    number: int
    name: str
    reason: Reason
    images: tuple[ImageBlock, ...]
    """All its blocks as they will be, in the sizes they will have. `PLANNED` in `sent` marks bytes that are to be made,
    a file without id one that is to be uploaded."""
    max_bytes: int
    """Of each block that is made."""


def due(history: Sequence[Message], today: Today, *, new_blocks: int = 0, new_bytes: int = 0) -> tuple[Refit, ...]:
    """The pictures that must become another form of themselves before `history` can go, each with the first reason.

    `new_blocks` are those that a draft will add to it, `new_bytes` their characters in the body (base64). A picture of
    which nothing is left, neither what was sent nor the original, cannot be mended and is not among them.
    """
    pictures = list(_going(history))
    total = sum(len(blocks) for _, blocks, _ in pictures) + new_blocks
    look = _Look(today, many=total > today.limits.many_images, pictures=total)
    refits = []
    for message, blocks, reason in pictures:
        seen = [look.at(look.itself(block) if reason else block) for block in blocks]
        reasons = ([reason] if reason else []) + [why for why, _ in seen if why]
        if reasons:
            refits.append(look.refit(message, reasons[0], [image for _, image in seen]))
    return _within_body(history, refits, look, new_bytes)


def planned(history: Sequence[Message], refits: Sequence[Refit]) -> list[Message]:
    """The history with its pictures as they will be. A message without such a picture stays the same object."""
    if not refits:
        return list(history)
    images: dict[str, dict[int, tuple[ImageBlock, ...]]] = {}
    for refit in refits:
        images.setdefault(refit.message, {})[refit.number] = refit.images
    return [with_pictures(m, images[m.id]) if m.id in images else m for m in history]


def with_pictures(message: Message, images: Mapping[int, Sequence[ImageBlock]]) -> Message:
    """The message with other blocks for the pictures of these numbers, where the first of the old ones was."""
    if not any(image.number in images for image in message.images):
        return message
    content: list[Block] = []
    done: set[int] = set()
    for block in message.content:
        if not isinstance(block, ImageBlock) or block.number not in images:
            content.append(block)
        elif block.number not in done:
            done.add(block.number)
            content += images[block.number]
    return replace(message, content=tuple(content))


def shrunk(message: Message, number: int, today: Today) -> Refit | None:
    """A picture one step smaller: the cheap size, or less where it is no larger. None for a link never seen."""
    look = _Look(today, many=False, pictures=1)
    blocks = [image for image in message.images if image.number == number]
    if any(not image.width or look.lost(image) for image in blocks):
        return None
    cheap = smaller(today.model.tier)
    images = []
    for image in blocks:
        size = _fitted(image, cheap)
        if size == (image.width, image.height):
            size = Size(max(1, round(image.width * _STEP)), max(1, round(image.height * _STEP)))
        images.append(replace(look.anew(look.itself(image), size), url=""))
    return look.refit(message, "shrink", images)


def _going(history: Sequence[Message]) -> Iterator[tuple[Message, tuple[ImageBlock, ...], Reason | None]]:
    """Each picture that goes with `history`, also one whose sentence speaks of a picture that goes no more."""
    pictures = [(message, blocks) for message in sendable(_picture_turns(history)) for blocks in message.pictures]
    themselves = {blocks[0].number for _, blocks in pictures if not blocks[0].stands_for}
    for message, blocks in pictures:
        if not blocks[0].stands_for:
            yield message, blocks, None
        elif not (blocks[0].withheld or blocks[0].description) and blocks[0].same_as not in themselves:
            yield message, blocks, "same_as"
            themselves.add(blocks[0].number)


def whole_pictures(request: Request) -> dict[tuple[str, int], int]:
    """Original and page of each picture of which all can be seen → its number; of several the one of most tokens.

    Of such a picture a later turn may say that it is the same: one that goes whole, or in tiles, which together show
    more of it than one block could. Beside a marked region there is only a small overview, where nothing can be read.
    """
    seen: dict[tuple[str, int], dict[int, list[ImageBlock]]] = {}
    for image in request.images:
        if image.original and not image.url:
            seen.setdefault((image.original, image.page), {}).setdefault(image.number, []).append(image)
    found = {}
    for key, pictures in seen.items():
        tokens = {n: sum(i.tokens for i in blocks) for n, blocks in pictures.items() if _shows_all(blocks)}
        if tokens:
            found[key] = max(tokens, key=tokens.__getitem__)
    return found


def _shows_all(blocks: Sequence[ImageBlock]) -> bool:
    return any(image.kind in {"whole", "tile"} for image in blocks)


def spare_bytes(request: Request, limits: Limits) -> int:
    """Base64 characters that new pictures may have together: what the body has left, or a quarter of it.

    With less than a quarter left it is the history that gives way.
    """
    return max(limits.request_bytes - request.length, limits.request_bytes // 4)


def _picture_turns(history: Sequence[Message]) -> list[Message]:
    """The questions with pictures, and their answers: a long history has few, and is asked with every change."""
    found, has_pictures = [], False
    for message in history:
        if message.role == "user":
            has_pictures = bool(message.images)
        if has_pictures:
            found.append(message)
    return found


class _Look:
    """What is wrong with one block, and what it becomes."""

    def __init__(self, today: Today, *, many: bool, pictures: int) -> None:
        """`pictures` go in all, `many` says whether those are so many that a smaller edge holds."""
        self.today = today
        self._soon = today.now + max(_EXPIRES_SOON, _AN_UPLOAD * pictures)
        self._request = today.build(())
        self._cap = today.limits.many_edge if many else today.limits.max_edge
        self._many = many

    def itself(self, image: ImageBlock) -> ImageBlock:
        """The block as one that goes, and not as a sentence."""
        return replace(image, same_as=0, tokens=image_tokens(image.width, image.height, self.today.model.tier.patch))

    def at(self, image: ImageBlock) -> tuple[Reason | None, ImageBlock]:
        way = self._request.source(image)
        if way == "url" or self.lost(image) or not image.width:
            return None, image
        reason = self._too_large(image) or ("link" if way == "base64" and _is_as_found(image) else None)
        size = _fitted(image, self.today.model.tier, self._cap) if reason else Size(image.width, image.height)
        if way == "file":
            return self._at_file(image, reason, size)
        reason = self._unsendable(image) or reason
        return reason, self.anew(image, size) if reason else image

    def _at_file(self, image: ImageBlock, reason: Reason | None, size: Size) -> tuple[Reason | None, ImageBlock]:
        unsendable = self._unsendable(image)
        if image.file is not None and not image.file.id:  # still to be uploaded: that takes its bytes
            reason = unsendable or reason
        if reason:
            return reason, self.anew(image, size)
        if image.file is None or not expires_by(image.file, self._soon):
            return None, image
        if unsendable:
            return "expired_file", self.anew(image, size)
        return "expired_file", replace(image, file=self._next_file(image))

    def lost(self, image: ImageBlock) -> bool:
        """Whether there is nothing that it could be made from."""
        found = self.today.found
        return not any(sha256 and found.get(sha256, "unseen") for sha256 in (image.sent, image.original))

    def characters(self, image: ImageBlock) -> int:
        """What it adds to the body, in base64."""
        return base64_length(image.sent_bytes) if self._request.source(image) == "base64" else 0

    def _too_large(self, image: ImageBlock) -> Reason | None:
        limits, edge = self.today.limits, max(image.width, image.height)
        if edge > limits.max_edge:
            return "edge"
        if self._many and edge > limits.many_edge:
            return "edge_of_many"
        exact = self._request.exact
        if exact is not None and fit(image.width, image.height, exact) != (image.width, image.height):
            return "edge_of_tier"
        return None

    def _unsendable(self, image: ImageBlock) -> Reason | None:
        """What keeps its bytes from going as they are."""
        kind = self.today.found.get(image.sent, image.media_type) if image.sent else ""
        if not kind:
            return "missing_picture"
        if kind != image.media_type:
            return "media_type"
        return "picture_bytes" if base64_length(image.sent_bytes) > self.today.limits.picture_chars else None

    def anew(self, image: ImageBlock, size: Size, max_bytes: int = 0) -> ImageBlock:
        """The block with bytes that are to be made, in this size."""
        bytes_ = max(1, image.sent_bytes * size.width * size.height // max(1, image.width * image.height))
        notes = tuple(note for note in image.notes if note != REFITTED)
        return replace(
            image,
            sent=PLANNED,
            width=size.width,
            height=size.height,
            sent_bytes=min(bytes_, max_bytes or self._max_bytes),
            tokens=image_tokens(*size, self.today.model.tier.patch),
            notes=(*notes, REFITTED),
            file=self._next_file(image),
        )

    def capped(self, image: ImageBlock, max_bytes: int) -> ImageBlock:
        """The block with at most so many bytes in the body."""
        if self._request.source(image) != "base64" or image.sent_bytes <= max_bytes or self.lost(image):
            return image
        return self.anew(image, Size(image.width, image.height), max_bytes)

    def _next_file(self, image: ImageBlock) -> RemoteFile | None:
        """One to be uploaded, for a picture that went as a file to this server and may again."""
        again = self.today.uploads and self._request.source(image) == "file"
        return RemoteFile("", self._request.server, 0) if again else None

    def refit(self, message: Message, reason: Reason, images: Sequence[ImageBlock], max_bytes: int = 0) -> Refit:
        first = images[0]
        return Refit(message.id, first.number, first.name, reason, tuple(images), max_bytes or self._max_bytes)

    @property
    def _max_bytes(self) -> int:
        return self.today.limits.picture_bytes


def _is_as_found(image: ImageBlock) -> bool:
    """Whether its bytes are those that were found behind a link: nobody has taken out what they tell besides."""
    return bool(image.url) and image.sent == image.original and REFITTED not in image.notes


def expires_by(file: RemoteFile, moment: float) -> bool:
    """Whether the server will have forgotten it by then, in seconds since the epoch. 0 stands for never."""
    return 0 < file.expires <= moment


def _fitted(image: ImageBlock, tier: Tier, edge_cap: int | None = None) -> Size:
    """The size that a picture fresh from its original would have; never larger than the block is."""
    whole = image.box[2:] if image.box else (image.original_width, image.original_height)
    if min(whole) > 0:
        size = fit(*whole, tier, edge_cap)
        if size.width <= image.width and size.height <= image.height:
            return size
    return fit(image.width, image.height, tier, edge_cap)


def _within_body(history: Sequence[Message], refits: Sequence[Refit], look: _Look, new_bytes: int) -> tuple[Refit, ...]:
    """The refits, with more of them where the whole body would be too large: the largest pictures give first."""
    limit = look.today.limits.request_bytes
    after = planned(history, refits)
    sizes = [look.characters(image) for _, blocks, _ in _going(after) for image in blocks]
    if sum(sizes) + new_bytes <= limit // 2:
        return tuple(refits)  # whatever the text: the model's window is far smaller than the rest
    body = look.today.build(after).length + new_bytes
    # A quarter stays free: what is done for one request must not be due again with the next picture.
    room = limit * 3 // 4 - (body - sum(sizes))
    cap = rung(sizes, room, look.today.limits.picture_chars)
    if body <= limit or cap is None or even_cap(sizes, room) < LEAST:
        return tuple(refits)
    return tuple(_capped(history, refits, look, cap // 4 * 3))


def _capped(history: Sequence[Message], refits: Sequence[Refit], look: _Look, cap: int) -> Iterator[Refit]:
    known = {(refit.message, refit.number): refit for refit in refits}
    for message, blocks, _ in _going(planned(history, refits)):
        refit = known.get((message.id, blocks[0].number))
        images = [look.capped(image, cap) for image in blocks]
        if images != list(blocks):
            yield look.refit(message, refit.reason if refit else "request_bytes", images, cap)
        elif refit is not None:
            yield replace(refit, max_bytes=min(refit.max_bytes, cap))
