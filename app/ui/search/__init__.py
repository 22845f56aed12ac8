"""Search in all conversations: the palette over the window, and the box that opens it."""

from __future__ import annotations
