"""Full screen while the viewer is open: afterwards the window is as it was before."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QWidget


class FullScreen(QObject):
    """Signals:
    changed(): entered or left, by whom ever.
    """

    changed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._window = widget.window()
        self._before = Qt.WindowState.WindowNoState
        self._on = False
        self._window.installEventFilter(self)

    @property
    def on(self) -> bool:
        return self._on

    def toggle(self) -> None:
        if self._on:
            self.leave()
            return
        self._on = True
        self._before = self._window.windowState()
        self._window.setWindowState(self._before | Qt.WindowState.WindowFullScreen)
        self.changed.emit()

    def leave(self) -> None:
        if self._on:
            self._on = False
            self._window.setWindowState(self._before)
            self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowStateChange and self._on and not self._window.isFullScreen():
            self._on = False  # by the desktop's own means
            self.changed.emit()
        return super().eventFilter(watched, event)
