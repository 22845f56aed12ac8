"""The keyboard's way through the rows: Tab in the order they are seen, the arrow keys from row to row."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.transcript.flow import Flow, Seen

_TAB: Final = Qt.FocusPolicy.TabFocus.value
_LINE: Final = 16
"""Pixels within which controls stand beside each other."""


def tab(area: QWidget, flow: Flow, *, forward: bool) -> bool:
    """Give the focus to the next control of the rows on screen; False where it has to leave the conversation."""
    stops = [area, *(stop for placed in flow.placed for stop in _stops(cast(QWidget, placed.widget)))]
    focused = QApplication.focusWidget()
    now = stops.index(focused) if focused in stops else 0
    then = now + (1 if forward else -1)
    if not 0 <= then < len(stops):
        return False
    stops[then].setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    return True


def read_on(area: QWidget, flow: Flow, *, forward: bool) -> None:
    """Give the focus to the next row that can have it, and bring it into view."""
    focused = QApplication.focusWidget()
    rows = [placed for placed in flow.placed if _stops(cast(QWidget, placed.widget))]
    now = next((i for i, placed in enumerate(rows) if _has(placed, focused)), None)
    if now is None:
        chosen = rows[0] if forward else rows[-1] if rows else None
    elif 0 <= now + (1 if forward else -1) < len(rows):
        chosen = rows[now + (1 if forward else -1)]
    else:
        flow.scroll_by((1 if forward else -1) * area.height() // 2)
        rows = [placed for placed in flow.placed if _stops(cast(QWidget, placed.widget))]
        now = next((i for i, placed in enumerate(rows) if _has(placed, focused)), None)
        then = (now if now is not None else 0) + (1 if forward else -1)
        chosen = rows[then] if now is not None and 0 <= then < len(rows) else None
    if chosen is not None:
        (chosen.widget.view or _stops(cast(QWidget, chosen.widget))[0]).setFocus(Qt.FocusReason.TabFocusReason)
        flow.bring_into_view(chosen)


def _has(placed: Seen, focused: QWidget | None) -> bool:
    widget = cast(QWidget, placed.widget)
    return focused is not None and (widget is focused or widget.isAncestorOf(focused))


def _stops(widget: QWidget) -> list[QWidget]:
    """What of a row can have the focus, from top to bottom and left to right."""
    inside = [child for child in widget.findChildren(QWidget) if _can(child)]
    places = {child: child.mapTo(widget, QPoint()) for child in inside}
    inside.sort(key=lambda child: (places[child].y() // _LINE, places[child].x()))
    return [widget, *inside] if _can(widget) else inside


def _can(widget: QWidget) -> bool:
    can = bool(widget.focusPolicy().value & _TAB) and widget.isVisible() and widget.isEnabled()
    return can and not widget.visibleRegion().isEmpty()
