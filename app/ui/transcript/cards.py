"""The soft cards that questions stand on, painted behind their rows."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.ui.theme import RADIUS, Theme
from app.ui.transcript import spacing
from app.ui.transcript.flow import Flow, OnScreen
from app.ui.transcript.turn import Turn

_BEYOND = 2 * RADIUS["card"]
"""Pixels that a card goes on out of sight, so that no rounded corner shows there."""


def paint(painter: QPainter, flow: Flow, theme: Theme, height: int) -> None:
    """Paint the cards of which any row is in sight, in a viewport so many pixels high."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.tokens.soft))
    for turn, rows in groupby(flow.on_screen, key=lambda placed: placed.row.owner):
        on_card = [placed for placed in rows if isinstance(turn, Turn) and placed.nth < turn.card]
        if on_card and isinstance(turn, Turn):
            top, bottom = _span(on_card, turn, height)
            painter.drawRoundedRect(QRectF(flow.left, top, flow.width, bottom - top), RADIUS["card"], RADIUS["card"])


def _span(rows: list[OnScreen], turn: Turn, height: int) -> tuple[int, int]:
    first, last = rows[0], rows[-1]
    top = -_BEYOND if first.nth else first.y + spacing.TURN
    return top, last.y + last.height if last.nth == turn.card - 1 else height + _BEYOND
