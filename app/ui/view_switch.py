"""What the list of conversations shows: all chats, a folder, the archive or the trash; and making folders."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QLineEdit, QMenu, QPushButton, QWidget

from app.conversation.cabinet import Cabinet
from app.conversation.history import ARCHIVE, CHATS, TRASH, HistoryModel
from app.ui.label import ElidedLabel
from app.ui.picture_facts import shown_name
from app.ui.theme import Theme


class ViewSwitch(QPushButton):
    """It is called what is shown, and opens a menu of all there is.

    Signals:
        emptying_wanted(): the trash is to be emptied.
    """

    emptying_wanted = Signal()

    def __init__(self, theme: Theme, cabinet: Cabinet, history: HistoryModel) -> None:
        super().__init__()
        self._theme = theme
        self._cabinet = cabinet
        self._history = history
        self.setProperty("kind", "quiet")
        self._words = ElidedLabel(theme, most=200, weight=500, tone="secondary")
        self._arrow = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(self._words)
        row.addWidget(self._arrow)
        row.addStretch(1)
        for part in (self._words, self._arrow):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(self.open_menu)
        cabinet.view_changed.connect(self._show)
        cabinet.folders_changed.connect(self._show)
        theme.changed.connect(self._dress)
        self._dress()
        self._show()

    def open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        group = QActionGroup(menu)
        for view, words in self._views():
            if view == ARCHIVE:
                menu.addSeparator()
                menu.addAction(self.tr("New folder…"), self._add_folder)
                menu.addSeparator()
            action = menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(view == self._history.view)
            group.addAction(action)
            action.triggered.connect(lambda _on, view=view: self._cabinet.show(view))
        self._add_deeds(menu)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _views(self) -> list[tuple[str, str]]:
        folders = [(folder.id, shown_name(folder.name)) for folder in self._cabinet.folders]
        return [(CHATS, self.tr("All chats")), *folders, (ARCHIVE, self.tr("Archive")), (TRASH, self.tr("Trash"))]

    def _add_deeds(self, menu: QMenu) -> None:
        """What can be done with what is shown."""
        view = self._history.view
        if view in {CHATS, ARCHIVE}:
            return
        menu.addSeparator()
        if view == TRASH:
            menu.addAction(self.tr("Empty the trash…"), self.emptying_wanted.emit).setEnabled(
                bool(self._history.rowCount())
            )
            return
        menu.addAction(self.tr("Rename this folder…"), lambda: self._rename_folder(view))
        menu.addAction(self.tr("Remove this folder, keep its chats"), lambda: self._cabinet.remove_folder(view))

    def _add_folder(self) -> None:
        ask_name(self, self.tr("New folder"), "", lambda name: self._cabinet.show(self._cabinet.add_folder(name)))

    def _rename_folder(self, folder: str) -> None:
        name = self._cabinet.folder_name(folder)
        ask_name(self, self.tr("Rename the folder"), name, lambda new: self._cabinet.rename_folder(folder, new))

    def _show(self) -> None:
        words = dict(self._views()).get(self._history.view, "")
        self._words.set_whole(words)
        self.setAccessibleName(self.tr("Shown: %1").replace("%1", words))

    def _dress(self) -> None:
        self._arrow.setPixmap(self._theme.pixmap("chevron-down"))


def ask_name(parent: QWidget, title: str, name: str, then: Callable[[str], object]) -> None:
    """Ask for the name of a folder; `then` is told one that is not blank."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(dialog.tr("Name"))
    dialog.setTextValue(name)
    if (field := dialog.findChild(QLineEdit)) is not None:
        field.setMaxLength(60)
    dialog.textValueSelected.connect(lambda text: then(text) if text.strip() else None)
    dialog.open()
