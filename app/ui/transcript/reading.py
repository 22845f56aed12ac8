"""The keyboard's way through the rows: Tab in the order they are seen, the arrow keys from row to row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from app.ui.transcript.flow import Flow, OnScreen

_TAB: Final = Qt.FocusPolicy.TabFocus.value
_LINE: Final = 16
"""Pixels within which controls stand beside each other."""


def tab(area: QAbstractScrollArea, flow: Flow, *, forward: bool) -> bool:
    """Give the focus to the next control in sight; False where it has to leave the conversation."""
    stops = _all_stops(area, flow)
    focused = QApplication.focusWidget()
    if focused is not None and focused not in stops:  # out of sight, or in the bar over a question
        below = next((n for n, stop in enumerate(stops) if n and _top(stop) >= _top(focused)), len(stops))
        then = below if forward else below - 1
    else:
        then = (stops.index(focused) if focused is not None else 0) + (1 if forward else -1)
    if not 0 <= then < len(stops):
        return False
    stops[then].setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    return True


def enter_at_end(area: QAbstractScrollArea, flow: Flow) -> None:
    """Give the focus to the last control in sight."""
    _all_stops(area, flow)[-1].setFocus(Qt.FocusReason.BacktabFocusReason)


def enter(area: QAbstractScrollArea, flow: Flow, item: int | None) -> None:
    """Give the focus to the first control of an item in sight, else to the conversation itself."""
    rows = [cast(QWidget, placed.widget) for placed in flow.on_screen if placed.item == item]
    stop = next((stop for row in rows for stop in _stops(row)), area)
    stop.setFocus(Qt.FocusReason.ShortcutFocusReason if stop is area else Qt.FocusReason.TabFocusReason)


@contextmanager
def left_out(area: QAbstractScrollArea) -> Iterator[None]:
    """Let Qt pass over all that is in the conversation: in its order rows stand as their widgets were made."""
    inside = [child for child in area.findChildren(QWidget) if child.focusPolicy().value & _TAB and child.isVisible()]
    policies = [child.focusPolicy() for child in inside]
    for child in inside:
        child.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    try:
        yield
    finally:
        for child, policy in zip(inside, policies, strict=True):
            child.setFocusPolicy(policy)


def read_on(area: QAbstractScrollArea, flow: Flow, *, forward: bool) -> None:
    """Give the focus to the next row that can have it, and bring it into view."""
    focused = QApplication.focusWidget()
    rows = [placed for placed in flow.on_screen if _stops(cast(QWidget, placed.widget))]
    now = next((i for i, placed in enumerate(rows) if _has(placed, focused)), None)
    if now is None:
        chosen = rows[0] if forward else rows[-1] if rows else None
    elif 0 <= now + (1 if forward else -1) < len(rows):
        chosen = rows[now + (1 if forward else -1)]
    else:
        flow.scroll_by((1 if forward else -1) * area.height() // 2)
        rows = [placed for placed in flow.on_screen if _stops(cast(QWidget, placed.widget))]
        now = next((i for i, placed in enumerate(rows) if _has(placed, focused)), None)
        then = (now if now is not None else 0) + (1 if forward else -1)
        chosen = rows[then] if now is not None and 0 <= then < len(rows) else None
    if chosen is not None:
        (chosen.widget.view or _stops(cast(QWidget, chosen.widget))[0]).setFocus(Qt.FocusReason.TabFocusReason)
        flow.bring_into_view(chosen)


def _has(placed: OnScreen, focused: QWidget | None) -> bool:
    widget = cast(QWidget, placed.widget)
    return focused is not None and (widget is focused or widget.isAncestorOf(focused))


def _all_stops(area: QAbstractScrollArea, flow: Flow) -> list[QWidget]:
    """The conversation itself, what lies over its upper half, its rows in sight, and what lies over its lower half."""
    over = [child for child in area.children() if isinstance(child, QWidget) and child is not area.viewport()]
    upper = [child for child in over if child.geometry().center().y() < area.height() // 2]
    rows = [cast(QWidget, placed.widget) for placed in flow.on_screen]
    lower = [child for child in over if child not in upper]
    return [area, *(stop for widget in (*upper, *rows, *lower) for stop in _stops(widget))]


def _top(widget: QWidget) -> int:
    return widget.mapToGlobal(QPoint()).y()


def _stops(widget: QWidget) -> list[QWidget]:
    """What of a row can have the focus, from top to bottom and left to right."""
    inside = [child for child in widget.findChildren(QWidget) if _can(child)]
    places = {child: child.mapTo(widget, QPoint()) for child in inside}
    inside.sort(key=lambda child: (places[child].y() // _LINE, places[child].x()))
    return [widget, *inside] if _can(widget) else inside


def _can(widget: QWidget) -> bool:
    can = bool(widget.focusPolicy().value & _TAB) and widget.isVisible() and widget.isEnabled()
    return can and not widget.visibleRegion().isEmpty()
