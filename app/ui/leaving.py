"""Quitting where what is written could not be kept: the window comes back and asks once more."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.core.errors import StoreError
from app.ui.errors import sentence


class Leaving(QObject):
    """Signals:
    asked(): the window is there again, and may stay.
    """

    asked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._question: QMessageBox | None = None
        self.given_up = False
        """Whether the person quits all the same."""

    def ask(self, error: StoreError) -> None:
        """Let the person choose; who quits all the same closes the window anew."""
        self._window.show()
        self._question = question = QMessageBox(self._window)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setWindowTitle(self.tr("Quit"))
        question.setText(self.tr("What you were writing could not be kept. If you quit now, it is lost."))
        question.setInformativeText(sentence(error))
        leave = question.addButton(self.tr("Quit anyway"), QMessageBox.ButtonRole.DestructiveRole)
        stay = question.addButton(self.tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(stay)
        question.setEscapeButton(stay)
        question.finished.connect(lambda _: self._take(quits=question.clickedButton() is leave))
        question.open()
        self.asked.emit()

    def close(self) -> None:
        """The window is to be closed: whoever wants that while being asked has answered, be it the system itself."""
        self.given_up = self._question is not None

    def _take(self, *, quits: bool) -> None:
        if quits:
            self._window.close()
        else:
            self._question = None
