"""The context shelf: earlier pictures above the composer, what they cost, and what they go as."""

from app.ui.shelf.bar import ShelfBar

__all__ = ["ShelfBar"]
