"""What a screen reader is told that widgets are which paint themselves: to Qt they are areas of no kind."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_ROLES: Final = {
    "PictureCanvas": QAccessible.Role.Graphic,
    "RegionMarker": QAccessible.Role.Graphic,
    "CostChart": QAccessible.Role.Chart,
}
"""By the names of their classes, as Qt asks: they are not loaded for it."""


@cache
def tell() -> None:
    """Tell it from now on; once for the process, as Qt keeps it."""
    QAccessible.installFactory(_interface)


def _interface(class_name: str, widget: QObject) -> QAccessibleInterface | None:
    """Qt's own, with a role; it belongs to Qt. None leaves it to Qt altogether."""
    role = _ROLES.get(class_name)
    return QAccessibleWidget(widget, role, "") if role is not None and isinstance(widget, QWidget) else None
