"""A row: the piece of the conversation that has a widget of its own while it is on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from app.ui.transcript.content import Content
    from app.ui.transcript.text import SafeTextView


class Owner(Protocol):
    """What rows belong to."""

    rows: list[Row]
    """As long as they are shown at all."""

    def whole(self, content: Content) -> str:
        """What a row shows a part of, as text; nothing where it shows no part."""

    def before(self, content: Content) -> str:
        """Of a block of code what comes before a row's part of it, the end of its last line with it."""


class Row:
    """What it shows, and how much room that takes. Pixels."""

    __slots__ = ("above", "below", "content", "exact", "height", "inset", "owner")

    def __init__(self, content: Content, *, height: int, owner: Owner | None = None) -> None:
        self.content = content
        self.owner = owner
        """What it is a row of."""
        self.height = height
        """Of its widget, without what is above and below."""
        self.exact = False
        """Whether the height was measured at the width of now, not guessed."""
        self.above = 0
        """To the row before it."""
        self.below = 0
        self.inset = 0
        """Left and right of it, within the column."""

    @property
    def extent(self) -> int:
        """All the room it takes from top to bottom."""
        return self.above + self.height + self.below


class RowWidget(Protocol):
    """A widget that shows rows of one kind, one after the other: it is filled again as soon as its row has left.

    It is a QWidget, made as `Kind(host, parent)`. What is done in it is told by the host's signals.
    """

    @property
    def view(self) -> SafeTextView | None:
        """Its text, where it has any that can be selected."""

    def show_content(self, content: Any) -> None:
        """Show other content of its kind. What is selected stays selected where the text only grows."""

    def height_for(self, width: int) -> int:
        """Lay out for a width, in pixels; how high it is then."""

    def shift(self, pixels: int) -> None:
        """Move what is wider than the row sideways."""

    def let_go(self) -> None:
        """Its row has left the screen: forget selection, marks and whatever belongs to that row alone."""
