"""A request as `count_tokens` may have it (API.md, section 6): its words alone, with the exact tokens of its pictures.

No picture is uploaded to be counted: what a picture costs is known here. Its label stays, as it is text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core.cost import picture_tokens
from app.core.message import JSON, Block, ImageBlock, ReplyBlock, TextBlock
from app.core.request import Body, Request, labelled

if TYPE_CHECKING:
    from app.core.catalog import Model


@dataclass(frozen=True, slots=True)
class Countable:
    """What is sent to be counted, and what its count says of the whole prompt."""

    body: Body
    besides: int
    """Tokens of the prompt that are not in it: of the pictures, and of a history with thinking."""
    exact: bool
    """Whether the two together are the whole prompt to the token."""

    @classmethod
    def of(cls, request: Request, model: Model) -> Countable | None:
        """None where a message is nothing but a picture, or a picture's size is not known. Heavy with a long history.

        Thinking is bound to the pictures before it and cannot go without them (API.md, section 3.6). Of a request with
        thinking the new messages alone are counted, and the history by the usage of its last answer.
        """
        messages, known, system = request.messages, 0, request.system
        if request.thinks:
            usage = request.continues.usage if request.continues is not None else None
            if usage is None or not usage.prompt_tokens:
                return None
            messages, system = messages[request.seen :], ""
            known = usage.prompt_tokens + usage.output_tokens - usage.thinking_tokens
        images = [b for _, blocks in messages for b in blocks if isinstance(b, ImageBlock) and not b.stands_for]
        contents = [(role, list(words(blocks))) for role, blocks in messages]
        if not contents or not all(content for _, content in contents) or not all(image.width for image in images):
            return None
        fields: JSON = {"model": request.model} | ({"system": system} if system else {})
        fields["messages"] = [{"role": role, "content": content} for role, content in contents]
        data = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        besides = known + sum(picture_tokens(image, model) for image in images)
        return cls(Body((data,), bytes.fromhex), besides, exact=not request.thinks)


def words(blocks: Sequence[Block]) -> Iterator[JSON]:
    """What of a message goes beside its pictures: text, labels, and the sentences that stand for pictures."""
    alone = sum(isinstance(block, ImageBlock) for block in blocks) == 1
    for block in blocks:
        match block:
            case TextBlock():
                yield block.to_json()
            case ReplyBlock():
                yield block.data
            case ImageBlock() if block.stands_for:
                yield {"type": "text", "text": block.stands_for}
            case ImageBlock() if labelled(block, alone):
                yield {"type": "text", "text": block.label}
