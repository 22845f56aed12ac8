"""The veil over the window while pictures are dragged above it: what a release will do, or why not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import figures
from app.ui.label import Label
from app.ui.picture_facts import listed
from app.ui.sources import Glance, carries_pictures, glance, sources_from_mime
from app.ui.theme import RADIUS, SPACE, Theme

_INSET = 8
_VEIL = 0.95
_PADDING = 12
_MARGIN = 32
"""Between the words and the window's edges."""
_KINDS = 4
"""Of reasons; the first is that it is not known yet."""


class DropOverlay(QWidget):
    """Watches the window for drags and covers it while one is above it.

    The veil takes drops itself, so that nothing below it can catch them. Always a copy: the source stays as it is.

    Signals:
        dropped(Dropped): what was released over the window.
    """

    dropped = Signal(object)

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._model = ""
        self._title = Label(theme, role="title", weight=600, wraps=True)
        self._promise = Label(theme, tone="secondary", wraps=True)
        self._reasons = [Label(theme, role="secondary", wraps=True) for _ in range(_KINDS)]
        for label in (self._title, self._promise, *self._reasons):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        reasons = QVBoxLayout()
        reasons.setContentsMargins(0, 8, 0, 0)
        reasons.setSpacing(SPACE)
        for reason in self._reasons:
            reason.setContentsMargins(_PADDING, SPACE, _PADDING, SPACE)
            reason.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            reasons.addWidget(reason, 0, Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(SPACE)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self._promise)
        column.addLayout(reasons)
        column.addStretch(1)
        self.setAccessibleName(self.tr("Drop pictures"))
        self.setAcceptDrops(True)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def set_model(self, name: str) -> None:
        """Name the model that the pictures are meant for."""
        self._model = name

    def _dress(self) -> None:
        tokens = self._theme.tokens
        radius = f"border-radius: {RADIUS['badge']}px;"
        for reason in self._reasons:
            reason.setStyleSheet(f"color: {tokens.warn}; background: {tokens.on_warn}; {radius}")
        self._reasons[0].setStyleSheet(f"color: {tokens.text2}; background: {tokens.side}; {radius}")

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())
        for reason in self._reasons:
            widest = reason.fontMetrics().horizontalAdvance(reason.text()) + 2 * _PADDING + 1
            width = min(widest, self.width() - 2 * _MARGIN)
            reason.setFixedSize(width, reason.heightForWidth(width))

    # --- one drag ---

    def _enter(self, event: QDragMoveEvent) -> bool:
        if not carries_pictures(event.mimeData()):
            return False
        if not self.isVisible():
            self._tell(glance(event.mimeData()))
            self._cover()
            self.raise_()
            self.show()
        _accept_copy(event)
        return True

    def _drop(self, event: QDropEvent) -> bool:
        self.hide()
        if not carries_pictures(event.mimeData()):
            return False
        _accept_copy(event)
        self.dropped.emit(sources_from_mime(event.mimeData()))
        return True

    def _tell(self, seen: Glance) -> None:
        self._title.setText(self._title_of(seen))
        promise = self.tr("Tokens and price follow, before anything is sent.")
        if self._model:
            promise = self.tr("Tokens and price with %1 follow, before anything is sent.").replace("%1", self._model)
        if seen.links:
            promise = self.tr("Nothing is fetched before you say so.")
        self._promise.setText(promise)
        self._promise.setVisible(bool(_welcome(seen) or seen.links))
        for label, words in zip(self._reasons, self._reasons_of(seen), strict=True):
            label.setText(words)
            label.setVisible(bool(words))

    def _title_of(self, seen: Glance) -> str:
        """All that will be added, by kind; files that may be anything only where there is nothing else."""
        counted = [
            _counted(one, several, count)
            for count, one, several in (
                (seen.pictures, self.tr("1 picture"), self.tr("%1 pictures")),
                (seen.documents, self.tr("1 document"), self.tr("%1 documents")),
                (seen.folders, self.tr("1 folder"), self.tr("%1 folders")),
            )
            if count
        ]
        if not counted and seen.unknown:
            counted = [_counted(self.tr("1 file"), self.tr("%1 files"), seen.unknown)]
        if counted:
            *first, last = counted
            listed_ = self.tr("%1 and %2").replace("%1", ", ".join(first)).replace("%2", last) if first else last
            return self.tr("Add %1").replace("%1", listed_)
        if seen.links:
            return _counted(self.tr("Picture on the web"), self.tr("%1 pictures on the web"), seen.links)
        return self.tr("No picture here")

    def _reasons_of(self, seen: Glance) -> list[str]:
        """What is not known yet, and what cannot be taken and why; empty words where there is nothing of a kind."""
        one, several = self.tr("1 file is checked when dropped"), self.tr("%1 files are checked when dropped")
        reasons = [_counted(one, several, seen.unknown) if seen.unknown else ""]
        for names, one, several in (
            (seen.no_pictures, self.tr("1 file is not a picture: %2"), self.tr("%1 files are not pictures: %2")),
            (
                seen.other_formats,
                self.tr("1 picture is of a kind that Visavis does not take: %2"),
                self.tr("%1 pictures are of a kind that Visavis does not take: %2"),
            ),
            (
                seen.remote,
                self.tr("1 file is on another computer: %2"),
                self.tr("%1 files are on another computer: %2"),
            ),
        ):
            words = one if len(names) == 1 else several.replace("%1", figures.count(len(names)))
            reasons.append(words.replace("%2", listed(names)) if names else "")
        return reasons

    # --- Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002
        match event.type():
            case QEvent.Type.DragEnter | QEvent.Type.DragMove if isinstance(event, QDragMoveEvent):
                return self._enter(event)
            case QEvent.Type.Drop if isinstance(event, QDropEvent):
                return self._drop(event)
            case QEvent.Type.DragLeave:
                self.hide()
            case QEvent.Type.Resize:
                self._cover()
        return False

    def event(self, event: QEvent) -> bool:
        drag = event.type() in {QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.DragLeave, QEvent.Type.Drop}
        return (drag and self.eventFilter(self, event)) or super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(tokens.background)
        veil.setAlphaF(_VEIL)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(QColor(tokens.accent), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(_INSET + 1, _INSET + 1, -_INSET - 1, -_INSET - 1), 16, 16)


def _welcome(seen: Glance) -> int:
    """How many there are that may be added."""
    return seen.pictures + seen.documents + seen.folders + seen.unknown


def _counted(one: str, several: str, count: int) -> str:
    return one if count == 1 else several.replace("%1", figures.count(count))


def _accept_copy(event: QDropEvent) -> None:
    """Take a copy. A browser's link allows no copy, and is taken as the link it is; nothing is ever moved."""
    actions = event.possibleActions()
    copy, link = Qt.DropAction.CopyAction, Qt.DropAction.LinkAction
    event.setDropAction(copy if actions & copy else link if actions & link else Qt.DropAction.IgnoreAction)
    event.accept()
