"""What a person decides about one picture: it goes smaller or not at all, comes back, or another takes its place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.conversation.attachment import DraftPicture, Source
from app.conversation.draft import Draft
from app.conversation.messages import MessageModel
from app.conversation.refitting import Refitting
from app.conversation.terms import Terms
from app.conversation.tools import Tools
from app.conversation.uploading import Uploads
from app.core.errors import Offence, RequestRefused, VisavisError
from app.core.message import Block, ImageBlock, Message
from app.core.refit import shrunk, with_pictures

if TYPE_CHECKING:
    from app.core.shelf import Form


class Repairs:
    """The mending half of one conversation's worker.

    To `ask` is to have an answer that failed, or has not come, asked for again as soon as the history is mended.
    """

    def __init__(
        self,
        tools: Tools,
        terms: Terms,
        messages: MessageModel,
        draft: Draft,
        refitting: Refitting,
        uploads: Uploads,
        *,
        change: Callable[[Sequence[Message]], Awaitable[None]],
        retry: Callable[[], Awaitable[None]],
    ) -> None:
        """`change` keeps other forms of messages, `retry` asks for the last answer again."""
        self._account = tools.account
        self._terms = terms
        self._messages = messages
        self._draft = draft
        self._refitting = refitting
        self._uploads = uploads
        self._change = change
        self._retry = retry

    async def shrink(self, number: int, told: VisavisError | None, *, ask: bool) -> None:
        """Make a picture one step smaller; one of the draft is sent cheap.

        Raises RequestRefused where there is nothing to make it from; for one of the draft that gets no smaller what
        was `told` before, which holds still.
        """
        message, today = self._messages.message_of(number), self._terms.today
        if message is None or self._drafted(number) is not None:
            await self._shrink_drafted(number, told)
            return
        client = self._account.client() if today.uploads else None
        await self._refitting.look([message])
        refit = shrunk(message, number, today)
        if refit is None:
            raise _missing(number, self._messages.blocks_of(number)[0].name)
        done = await self._refitting.done([message], [refit], today.model.tier.patch)
        await self._mend(await self._uploads.filled(done, self._messages.messages, client), ask=ask)

    async def leave_out(self, *numbers: int, ask: bool) -> None:
        """Let pictures go no more; those of the draft are removed."""
        for number in sorted(numbers, reverse=True):  # the others keep their rows
            if self._drafted(number) is not None:
                self._draft.remove(number - self._draft.first_number)
        await self._mend(left_out(self._terms.history, *numbers), ask=ask)

    async def bring_back(self, number: int) -> None:
        """Let a picture that was left out or described go again."""
        await self._change(brought_back(self._messages.messages, number))

    async def arrange(self, forms: Mapping[int, Form]) -> None:
        """Let pictures go as the person wants them to from now on; nobody is asked anything."""
        history = self._messages.messages
        from app.core.shelf import arranged  # its reckoning is for the shelf alone

        new = arranged(history, forms)
        await self._change([message for message, was in zip(new, history, strict=True) if message is not was])

    async def replace(self, number: int, source: Source, *, ask: bool) -> None:
        """Put another picture in the place of one of the history. Raises PictureError, StoreError."""
        if self._messages.message_of(number) is not None:
            today = self._terms.today
            images = today.build(self._messages.messages).images
            others = len(images) - len(self._messages.blocks_of(number))
            made = await self._refitting.brought_in(source, today, others)
            await self._mend(replaced(self._messages.messages, number, made), ask=ask)

    async def _shrink_drafted(self, number: int, told: VisavisError | None) -> None:
        await self._refitting.look([Message.from_user("", self._draft.numbered())])
        picture = self._drafted(number)
        if picture is None:
            return
        if picture.original and not self._terms.files.found.get(picture.original, "unseen"):
            raise _missing(number, picture.name)
        if can_go_cheap(picture):
            self._draft.set_preset(number - self._draft.first_number, "cheap")
        elif told is not None:
            raise told

    async def _mend(self, changed: Sequence[Message], *, ask: bool) -> None:
        """Keep a repair, and ask again where the last question has no good answer and none is being edited."""
        if not changed:
            return
        await self._change(changed)
        history = self._terms.history
        if not ask or len(history) < len(self._messages.messages):
            return
        last = history[-1]
        if last.role == "user" or last.state == "failed":
            await self._retry()

    def _drafted(self, number: int) -> DraftPicture | None:
        """The picture of the draft that has this number."""
        row = number - self._draft.first_number
        return self._draft.pictures[row] if 0 <= row < len(self._draft.pictures) else None


def can_go_cheap(picture: DraftPicture) -> bool:
    """Whether a picture of the draft is another, and smaller, by the preset "cheap"."""
    if picture.preset == "auto":
        return any(offer.preset == "cheap" for offer in picture.offers)
    return picture.preset != "cheap"


def left_out(history: Sequence[Message], *numbers: int) -> list[Message]:
    """The messages in which the pictures go no more; their labels stay and say so."""
    return _each(history, lambda image: replace(image, withheld=True) if image.number in numbers else image)


def brought_back(history: Sequence[Message], number: int) -> list[Message]:
    """The messages in which a picture that was left out or described goes again."""

    def brought(image: ImageBlock) -> ImageBlock:
        return replace(image, withheld=False, description="") if image.number == number else image

    return _each(history, brought)


def replaced(history: Sequence[Message], number: int, images: Sequence[ImageBlock]) -> list[Message]:
    """The messages in which other blocks take the number.

    What was said of the old picture elsewhere ("the same as", "sharper") is unsaid.
    """
    numbered = [replace(image, number=number) for image in images]

    def unsaid(image: ImageBlock) -> ImageBlock:
        same = 0 if image.same_as == number else image.same_as
        sharper = 0 if image.sharper_than == number else image.sharper_than
        return replace(image, same_as=same, sharper_than=sharper)

    new = [with_pictures(_mapped(message, unsaid), {number: numbered}) for message in history]
    return [message for message, was in zip(new, history, strict=True) if message != was]


def _each(history: Sequence[Message], change: Callable[[ImageBlock], ImageBlock]) -> list[Message]:
    new = [_mapped(message, change) for message in history]
    return [message for message, was in zip(new, history, strict=True) if message != was]


def _mapped(message: Message, change: Callable[[ImageBlock], ImageBlock]) -> Message:
    if not message.images:
        return message
    content: list[Block] = [change(block) if isinstance(block, ImageBlock) else block for block in message.content]
    return replace(message, content=tuple(content))


def _missing(number: int, name: str) -> RequestRefused:
    return RequestRefused((Offence("missing_picture", picture=number, name=name),))
