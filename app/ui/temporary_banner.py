"""The banner over a temporary chat: says, as long as it is open, that nothing of it is kept."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMessageBox, QPushButton, QWidget

from app.conversation.desk import Desk
from app.conversation.unsent import untouched
from app.ui.label import ElidedLabel
from app.ui.theme import Theme


class TemporaryBanner(QFrame):
    """Shown over the chat of which nothing is kept, and over no other."""

    def __init__(self, theme: Theme, desk: Desk) -> None:
        super().__init__()
        self._theme = theme
        self._desk = desk
        self.setObjectName("temporary")
        self.setAccessibleName(self.tr("Temporary chat"))
        self._icon = QLabel()
        words = ElidedLabel(theme, most=2000, mode=Qt.TextElideMode.ElideRight, role="secondary", weight=500)
        words.set_whole(
            self.tr(
                "Temporary chat: nothing of it is kept on this computer. It is gone when you end it, or quit; "
                "only what it cost is counted."
            )
        )
        end = QPushButton(self.tr("End it now"))
        end.setProperty("kind", "link")
        end.setToolTip(self.tr("Forget this chat and its pictures"))
        end.clicked.connect(lambda: ask_to_end(desk, self))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(words, 1)
        row.addWidget(end)
        desk.opened.connect(self._follow)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()
        self._follow()

    def _follow(self) -> None:
        self.setVisible(self._desk.is_temporary)

    def _draw_icon(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("eye-off", self._theme.tokens.accent))


def ask_to_end(desk: Desk, parent: QWidget) -> None:
    """End the temporary chat; where something is said or written in it, if the person says so once more."""
    if desk.temporary is None or untouched(desk.temporary.chat):
        desk.end_temporary()
        return
    question = QMessageBox(parent)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setIcon(QMessageBox.Icon.Warning)
    question.setTextFormat(Qt.TextFormat.PlainText)
    question.setWindowTitle(_tr("End the temporary chat"))
    question.setText(_tr("End the temporary chat? What was said in it and its pictures cannot be brought back."))
    question.setInformativeText(_tr("To keep it, export it first (%1).").replace("%1", "Ctrl+E"))
    end = question.addButton(_tr("End it now"), QMessageBox.ButtonRole.DestructiveRole)
    question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
    end.clicked.connect(desk.end_temporary)
    question.open()


def _tr(words: str) -> str:
    return QCoreApplication.translate("temporary_banner", words)
