"""Pictures on their way to the server's files, from where they go by name from their first request on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from app.conversation.kept_files import KeptFiles
from app.conversation.repeats import Repeats
from app.conversation.tools import Tools
from app.core.files import neutral_name
from app.core.message import Block, ImageBlock, Message, RemoteFile
from app.core.refit import expires_by
from app.core.request import Request

if TYPE_CHECKING:
    from app.core.client import Client

_DAY: Final = 86_400
_STAYS: Final = 3_600.0
"""Seconds that a file must still stay to be used again."""


class Uploads:
    """The uploads of one conversation (API.md, section 5)."""

    def __init__(self, tools: Tools, files: KeptFiles, repeats: Repeats, told: Callable[[int, int], None]) -> None:
        """`told` is called before each upload, with how many are done and how many there are."""
        self._tools = tools
        self._files = files
        self._repeats = repeats
        self._told = told
        self._client: Client | None = None
        self._known: dict[tuple[str, str], RemoteFile] = {}
        """Server and SHA-256 of what that client's server keeps: also what was uploaded for a turn that then failed."""

    async def filled(
        self, history: Sequence[Message], before: Sequence[Message], client: Client | None
    ) -> list[Message]:
        """The history with every file that has no id yet uploaded, one after another. The same bytes go up once.

        `before` is the same history as it was: it knows which files there are, and which have gone. `client` may be
        None where nothing is to be uploaded. Raises ServerError, and PictureError where the bytes are gone.
        """
        wanted = {image.sent: image for message in history for image in message.images if _is_wanted(image)}
        if not wanted or client is None:
            return list(history)
        if client is not self._client:  # another key may see other files, another practice has none
            self._client, self._known = client, {}
        self._remember(before)
        soon = time.time() + _STAYS
        missing = [
            image
            for image in wanted.values()
            if (known := self._known.get(_key(image))) is None or expires_by(known, soon)
        ]
        for done, image in enumerate(missing):
            upload = partial(self._upload, client, image, (done, len(missing)))
            self._known[_key(image)] = await self._repeats.until_done(upload)
        return [self._with_files(message) for message in history]

    async def _upload(self, client: Client, image: ImageBlock, progress: tuple[int, int]) -> RemoteFile:
        self._told(*progress)
        data = await asyncio.to_thread(self._files.read, image.sent, image.name)
        seconds = self._tools.preferences.settings.upload_days * _DAY
        stored = await client.upload(data, neutral_name(image.number, image.media_type), image.media_type, seconds)
        expires = time.time() + seconds if stored.expires is None else stored.expires
        return RemoteFile(stored.id, image.file.server if image.file else "", expires)

    def _remember(self, history: Sequence[Message]) -> None:
        """What earlier turns have uploaded; that a file has gone is known there, too."""
        for image in (image for message in history for image in message.images if image.file and image.file.id):
            known = self._known.get(_key(image))
            if image.file and (known is None or known.id == image.file.id or expires_by(known, time.time())):
                self._known[_key(image)] = image.file

    def _with_files(self, message: Message) -> Message:
        if not any(_is_wanted(image) for image in message.images):
            return message
        return _changed(message, lambda image: replace(image, file=self._known[_key(image)]), _is_wanted)


def marked(history: Sequence[Message], request: Request) -> list[Message]:
    """The history with every picture of its last message that may go as a file marked as one to be uploaded.

    What an earlier turn has sent as bytes stays bytes: the server has it in its cache as such.
    """
    *earlier, question = history
    as_bytes = {
        image.sent
        for message in earlier
        for image in message.images
        if not image.stands_for and request.source(image) == "base64"
    }

    def may_go(image: ImageBlock) -> bool:
        return not image.stands_for and request.source(image) == "base64" and image.sent not in as_bytes

    mark = RemoteFile("", request.server, 0)
    if not any(may_go(image) for image in question.images):
        return list(history)
    return [*earlier, _changed(question, lambda image: replace(image, file=mark), may_go)]


def ids_of_files(request: Request) -> frozenset[str]:
    """Of every picture that goes by the name of its file."""
    files = (image.file for image in request.images if request.source(image) == "file")
    return frozenset(file.id for file in files if file is not None)


def without_files(history: Sequence[Message], ids: frozenset[str]) -> list[Message]:
    """The messages with files known to be gone: these are uploaded again, or go as bytes, with the next request."""

    def is_one(image: ImageBlock) -> bool:
        return image.file is not None and image.file.id in ids

    return [
        _changed(message, lambda image: replace(image, file=image.file and replace(image.file, expires=1.0)), is_one)
        for message in history
        if any(is_one(image) for image in message.images)
    ]


def _changed(
    message: Message, change: Callable[[ImageBlock], ImageBlock], which: Callable[[ImageBlock], bool]
) -> Message:
    content: list[Block] = [
        change(block) if isinstance(block, ImageBlock) and which(block) else block for block in message.content
    ]
    return replace(message, content=tuple(content))


def _is_wanted(image: ImageBlock) -> bool:
    return image.file is not None and not image.file.id


def _key(image: ImageBlock) -> tuple[str, str]:
    return (image.file.server if image.file else "", image.sent)
