"""Makes the pictures of a history what today's request takes: all that is due in one batch, from the kept originals."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.conversation.attachment import Aim, DraftPicture, Source
from app.conversation.intake import copied_and_measured
from app.conversation.kept_files import KeptFiles
from app.conversation.preparing import prepared
from app.conversation.threads import in_thread
from app.conversation.tools import Tools
from app.core.cuts import Cut
from app.core.decoder import Decoder
from app.core.errors import Offence, PictureError, PictureUnreadable, RequestRefused
from app.core.fit import Size, image_tokens
from app.core.message import ImageBlock, Message
from app.core.pictures import Pictures
from app.core.refit import PLANNED, Refit, Today, planned
from app.core.sharper import cuts_among

if TYPE_CHECKING:
    from app.core.image import Prepared


class Refitting:
    """Does what `app.core.refit` has found due. Nothing is stored here: the caller keeps all of it, or nothing."""

    def __init__(self, tools: Tools, files: KeptFiles) -> None:
        self._tools = tools
        self._files = files

    async def done(self, history: Sequence[Message], refits: Sequence[Refit], patch: int) -> list[Message]:
        """The history with every refit done.

        Raises RequestRefused naming the pictures that nothing could be made of, and StoreFull.
        """
        making = [
            in_thread(self._tools.threads, _made, self._tools.pictures, self._tools.decoder, r, history, patch)
            for r in refits
        ]
        results = await asyncio.gather(*making, return_exceptions=True)
        made: list[Refit] = []
        lost: list[Offence] = []
        for refit, result in zip(refits, results, strict=True):
            if isinstance(result, PictureError):
                lost.append(Offence("missing_picture", picture=refit.number, name=refit.name))
            elif isinstance(result, BaseException):
                raise result
            else:
                made.append(result)
        if lost:
            raise RequestRefused(tuple(lost))
        self._files.made(image for refit in made for image in refit.images)
        return planned(history, made)

    async def brought_in(self, source: Source, today: Today, others: int) -> tuple[ImageBlock, ...]:
        """A picture that joins a history of so many other blocks without having been in the draft; not numbered.

        Raises PictureError and StoreError.
        """
        tools, model = self._tools, today.model
        picture = await in_thread(self._tools.threads, _measured, tools.pictures, tools.decoder, source)
        whole, wanted = Size(picture.width, picture.height), picture.source
        aim = Aim(
            cuts_among(whole, wanted.preset, model.tier, today.limits, others, wanted.region),
            today.limits.picture_bytes,
            model.tier.patch,
        )
        made = await in_thread(self._tools.threads, prepared, tools.pictures, tools.decoder, picture, aim, aim.patch)
        await tools.store.put_thumbnail(made.images[0].thumbnail, made.thumbnail)
        self._files.made(made.images)
        return made.images

    async def look(self, history: Sequence[Message]) -> None:
        """See what the kept files of the history are now."""
        await in_thread(self._tools.threads, self._files.look, list(history))


def _measured(pictures: Pictures, decoder: Decoder, source: Source) -> DraftPicture:
    """Of a document the page wanted, the first where none is. Raises PictureError, StoreError."""
    found = copied_and_measured(pictures, decoder, 0, source)
    if isinstance(found, DraftPicture):
        return found
    first = copied_and_measured(pictures, decoder, 0, Source(kept=found.sha256, name=found.name, page=1))
    if isinstance(first, DraftPicture):
        return first
    raise PictureUnreadable(found.name, "failed")


def _made(pictures: Pictures, decoder: Decoder, refit: Refit, history: Sequence[Message], patch: int) -> Refit:
    """The refit with its bytes made and kept. Raises PictureError where neither original nor sent bytes serve."""
    wanted = [image for image in refit.images if image.sent == PLANNED]
    if not wanted:
        return refit
    try:
        parts = _from_original(pictures, decoder, wanted, refit.max_bytes)
    except PictureError:
        before = next(message.images for message in history if message.id == refit.message)
        sent = {_place(image): image.sent for image in before if image.number == refit.number}
        parts = [_from_sent(pictures, decoder, image, sent[_place(image)], refit.max_bytes) for image in wanted]
    made = {_place(image): _kept(pictures, image, part, patch) for image, part in zip(wanted, parts, strict=True)}
    return replace(refit, images=tuple(made.get(_place(image), image) for image in refit.images))


def _place(image: ImageBlock) -> tuple[str, int]:
    """What tells the blocks of one picture apart."""
    return image.kind, image.part


def _from_original(
    pictures: Pictures, decoder: Decoder, wanted: Sequence[ImageBlock], max_bytes: int
) -> Sequence[Prepared]:
    first = wanted[0]
    if not first.original:
        raise PictureUnreadable(first.name, "missing")
    asked = [Cut(i.kind, Size(i.width, i.height), i.box, i.part, i.parts) for i in wanted]
    pictures.read(first.original, first.name)  # what the disk has damaged is not sent as if it were what was dropped
    return decoder.prepare(pictures.path(first.original), first.name, asked, page=first.page, max_bytes=max_bytes).parts


def _from_sent(pictures: Pictures, decoder: Decoder, image: ImageBlock, sent: str, max_bytes: int) -> Prepared:
    if not sent:
        raise PictureUnreadable(image.name, "missing")
    pictures.read(sent, image.name)
    whole = [Cut("whole", Size(image.width, image.height))]
    return decoder.prepare(pictures.path(sent), image.name, whole, max_bytes=max_bytes).parts[0]


def _kept(pictures: Pictures, image: ImageBlock, part: Prepared, patch: int) -> ImageBlock:
    stored = pictures.add_bytes(part.data, image.name)
    gained = [note for note in part.notes if note not in image.notes]
    return replace(
        image,
        sent=stored.sha256,
        media_type=part.media_type,
        width=part.width,
        height=part.height,
        sent_bytes=stored.size,
        tokens=image_tokens(part.width, part.height, patch),
        notes=(*image.notes, *gained),
    )
