"""What a conversation brings along for its draft: where the pictures go, and how much room the body leaves them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.conversation.aims import Target, ahead
from app.conversation.attachment import DraftPicture
from app.core.catalog import Limits, Model
from app.core.cost import Context, Count, Estimate

ENDLESS: Final = sys.maxsize
"""The room of pictures that do not go in the body."""

_FRAME: Final = 200_000
"""Characters of a request body kept free for what stands around the pictures."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A draft's pictures are fitted, numbered and priced by it."""

    model: Model
    limits: Limits
    spare_bytes: int
    """Base64 characters that the body has left for new pictures, their text not counted."""
    context: Context = field(default_factory=Context)
    first_number: int = 1
    max_tokens: int = 0
    earlier: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Original (SHA-256) and page of each picture that still goes, whole or in tiles → its number."""
    counted: Count | None = None
    """The server's count of history and message together, while it holds."""

    def target(self, text: str) -> Target:
        """Where the pictures of a message with that text go. A long text leaves them less room, in steps."""
        words = 4 * len(text)  # bytes at most, but for control characters
        room = self.spare_bytes - _FRAME - words // _FRAME * _FRAME
        return Target(self.model, self.limits, self.context.pictures, self.earlier, room)

    def tells_the_same(self, other: Surroundings) -> bool:
        """Whether numbers and prices are the same beside the other, where the targets are."""
        mine = self.context, self.first_number, self.max_tokens, self.counted
        return mine == (other.context, other.first_number, other.max_tokens, other.counted)

    def estimate(self, pictures: Sequence[DraftPicture], text: str) -> Estimate:
        """What the message will cost."""
        return ahead(
            pictures,
            text,
            self.context,
            self.model,
            max_tokens=self.max_tokens,
            first_number=self.first_number,
            counted=self.counted,
        )
