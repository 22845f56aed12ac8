"""The settings about pictures on servers: whether they are kept there, for how long, and what is there now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QDateTime, QIdentityProxyModel, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.conversation.messages import Index
from app.conversation.preferences import Preferences
from app.conversation.remote_files import RemoteFiles
from app.core.errors import VisavisError
from app.ui import figures
from app.ui.errors import sentence
from app.ui.foreign_text import direction_flag
from app.ui.label import Label
from app.ui.picture_facts import shown_name
from app.ui.switch import Switch
from app.ui.theme import CONTROL, RADIUS, SPACE, Theme

if TYPE_CHECKING:
    from app.core.files import StoredFile

_DAYS: Final = (1, 90)
"""The server keeps a file for 90 days at most (API.md, section 5)."""
_ROWS: Final = 5
"""Files in view."""


class PictureSettings(QWidget):
    """Applies at once. The list is asked for when the person asks for it: no request goes out by itself."""

    def __init__(self, theme: Theme, preferences: Preferences, files: RemoteFiles) -> None:
        super().__init__()
        self._theme = theme
        self._preferences = preferences
        self._files = files
        self._upload = Switch(theme)
        self._upload.setAccessibleName(self.tr("Keep pictures on the server"))
        self._elsewhere = Label(theme, role="secondary", wraps=True)
        self._elsewhere.setText(
            self.tr("Not at your present server, unless you allow links and kept pictures at other servers below.")
        )
        self._days = QSpinBox(minimum=_DAYS[0], maximum=_DAYS[1])
        self._days.setSuffix(self.tr(" days"))
        self._days.setAccessibleName(self.tr("Days that the server keeps them"))
        self._days.setKeyboardTracking(False)
        self._days.lineEdit().setTextMargins(2 * SPACE, 0, 0, 0)  # the style sheet's padding does not reach it
        self._days.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._foreign = Switch(theme)
        self._foreign.setAccessibleName(self.tr("Links and kept pictures at other servers"))
        self._show_files = _button(self.tr("Show what is there"))
        self._delete = _button(self.tr("Delete from the server"))
        self._told = Label(theme, role="secondary", tone="secondary", wraps=True)
        self._list = QListView()
        self._list.setObjectName("files")
        self._list.setModel(SpokenFiles(files, self))
        self._list.setItemDelegate(FileDelegate(theme, self))
        self._list.setAccessibleName(self.tr("Pictures on the server"))
        self._list.setUniformItemSizes(True)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.setMouseTracking(True)
        self._list.hide()
        self._delete.hide()
        self._lay_out()
        self._connect()
        self._dress()
        self._follow()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._row(self.tr("Keep pictures on the server"), self._upload))
        text = self.tr(
            "A picture is then uploaded once and not with every message. It stays on the server, visible to everyone "
            "who has a key of your workspace, until it expires or is deleted. Tokens cost the same."
        )
        column.addWidget(Label(self._theme, text, role="secondary", tone="secondary", wraps=True))
        column.addWidget(self._elsewhere)
        column.addLayout(self._row(self.tr("Delete them there after"), self._days))
        column.addLayout(self._row(self.tr("Links and kept pictures at other servers"), self._foreign))
        text = self.tr(
            "Off: a server other than Anthropic's gets every picture with the message, which all of them take."
        )
        column.addWidget(Label(self._theme, text, role="secondary", tone="secondary", wraps=True))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._show_files)
        buttons.addWidget(self._delete)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(self._list)
        column.addWidget(self._told)

    def _row(self, caption: str, control: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self._theme, caption), 1)
        row.addWidget(control)
        return row

    def _connect(self) -> None:
        self._theme.changed.connect(self._dress)
        change = self._preferences.update
        self._upload.clicked.connect(lambda on: change(upload=on))
        self._days.valueChanged.connect(lambda days: change(upload_days=days))
        self._foreign.clicked.connect(lambda on: change(foreign_sources=on))
        self._show_files.clicked.connect(self._ask)
        self._delete.clicked.connect(self._delete_chosen)
        self._list.selectionModel().selectionChanged.connect(self._show_state)
        self._preferences.changed.connect(self._follow)
        files = self._files
        for signal in (files.loading_changed, files.rowsInserted, files.rowsRemoved, files.modelReset):
            signal.connect(self._show_state)
        self._files.failed.connect(self._tell)
        self._files.server_changed.connect(self._follow)

    def _dress(self) -> None:
        tokens = self._theme.tokens
        look = f"background: {tokens.surface}; border: 1px solid {tokens.line}; border-radius: {RADIUS['control']}px;"
        self._list.setStyleSheet(
            f"QListView#files {{ {look} padding: {SPACE - 1}px; outline: none; }}"
            f"QListView#files:focus {{ border-color: {tokens.accent}; }}"
        )
        self._list.setFixedHeight(self._theme.grown(CONTROL) * _ROWS + 2 * SPACE)

    def _follow(self) -> None:
        settings = self._preferences.settings
        self._upload.setChecked(settings.upload)
        self._foreign.setChecked(settings.foreign_sources)
        blocked = self._days.blockSignals(True)
        self._days.setValue(settings.upload_days)
        self._days.blockSignals(blocked)
        possible = self._files.takes_files
        self._upload.setEnabled(possible)
        self._elsewhere.setVisible(not possible)
        self._days.setEnabled(settings.upload and possible)

    def _ask(self) -> None:
        self._told.setText("")
        self._files.refresh()

    def _delete_chosen(self) -> None:
        row = self._list.currentIndex().row()
        if row >= 0:
            self._files.delete(row)

    def _tell(self, error: VisavisError) -> None:
        self._told.setText(sentence(error, charged=False))

    def _show_state(self) -> None:
        loading, count = self._files.loading, self._files.rowCount()
        self._show_files.setEnabled(not loading)
        self._list.setVisible(count > 0)
        self._delete.setVisible(count > 0)
        self._delete.setEnabled(self._list.currentIndex().isValid())
        if loading:
            self._told.setText(self.tr("Asking the server…"))
        elif not count and self._told.text() == self.tr("Asking the server…"):
            self._told.setText(self.tr("No pictures are kept there."))
        elif self._told.text() == self.tr("Asking the server…"):
            self._told.setText("")


class SpokenFiles(QIdentityProxyModel):
    """A file in one line: its name, its size, and until when the server keeps it."""

    def __init__(self, files: RemoteFiles, parent: QObject) -> None:
        super().__init__(parent)
        self.setSourceModel(files)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return super().data(index, role)
        file: StoredFile = super().data(index, RemoteFiles.FileRole)
        return f"{shown_name(file.name)} · {_facts(file)}"


class FileDelegate(QStyledItemDelegate):
    """Paints the name, which gives way where it is long, and its facts at the other side, below each other."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, states = self._theme.tokens, QStyle.StateFlag
        file: StoredFile = index.data(RemoteFiles.FileRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & states.State_Selected)
        if chosen or option.state & states.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.soft if chosen else tokens.hover))
            painter.drawRoundedRect(QRectF(option.rect), RADIUS["badge"], RADIUS["badge"])
        room, upright = option.rect.adjusted(2 * SPACE, 0, -2 * SPACE, 0), Qt.AlignmentFlag.AlignVCenter
        facts = _facts(file)
        painter.setFont(self._theme.font("caption"))
        painter.setPen(QColor(tokens.text2))
        painter.drawText(room, int(upright | Qt.AlignmentFlag.AlignRight), facts)
        room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(facts) - 4 * SPACE)
        painter.setFont(self._theme.font("secondary"))
        painter.setPen(QColor(tokens.text))
        name = shown_name(file.name)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, int(upright | Qt.AlignmentFlag.AlignLeft) | int(direction_flag(name)), shown)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        return QSize(0, self._theme.grown(CONTROL))


def _facts(file: StoredFile) -> str:
    """Its size, and until when it stays."""
    size = figures.file_size(file.size)
    if not file.expires:
        return size
    day = QDateTime.fromSecsSinceEpoch(round(file.expires)).date()
    until = QCoreApplication.translate("SpokenFiles", "until %1")
    return f"{size} · {until.replace('%1', figures.date(day))}"


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("kind", "plain")
    button.setAutoDefault(False)
    return button
