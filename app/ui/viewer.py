"""The viewer: the pictures of a turn, large, with what is sent of each (LOOK.md, drawing 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QIcon, QImage, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.conversation.gallery import Gallery
from app.core.catalog import Model
from app.core.errors import PictureError, PictureUnreadable
from app.core.message import ImageBlock
from app.ui.buttons import press_focused
from app.ui.errors import words
from app.ui.label import ElidedLabel, Label
from app.ui.picture_canvas import GROUND, STEP, PictureCanvas
from app.ui.picture_facts import shown_name
from app.ui.sent_as import WIDTH, SentAs
from app.ui.theme import DARK, Theme

if TYPE_CHECKING:
    from app.core.image import Pixels

_PANEL: Final = 0.4
"""Of the width at most."""
_PATIENCE: Final = 300
"""Milliseconds before the wait for a picture is mentioned."""
_SHEET: Final = f"""
Viewer {{ background: {GROUND}; }}
QLabel {{ color: {DARK.text}; }}
QLabel[tone="secondary"] {{ color: {DARK.text2}; }}
QScrollArea#sent_as, QWidget#facts {{ background: {DARK.background}; }}
QScrollArea#sent_as {{ border-left: 1px solid {DARK.line}; }}
QPushButton {{ color: {DARK.text}; background: transparent; border: 1px solid transparent; }}
QPushButton[kind="plain"] {{ background: {DARK.surface}; border-color: {DARK.line}; }}
QPushButton:hover {{ background: {DARK.hover}; }}
QPushButton:checked {{ background: {DARK.soft}; border-color: {DARK.accent}; }}
QPushButton:focus {{ border-color: {DARK.accent}; }}
QPushButton:disabled {{ color: {DARK.text2}; background: transparent; }}
"""


class Viewer(QWidget):
    """Covers its parent until it is closed, and deletes itself then. Dark in both themes."""

    def __init__(self, theme: Theme, gallery: Gallery, model: Model, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._covered = parent
        self._gallery = gallery
        self._images: list[ImageBlock] = []
        self._index = 0
        self._focus_before = QApplication.focusWidget()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Picture viewer"))
        self.setStyleSheet(_SHEET)
        self._title = ElidedLabel(theme, most=2000, weight=500)
        self._percent = Label(theme, tone="secondary")
        self._canvas = PictureCanvas(theme)
        self._panel = SentAs(theme, model)
        self._previous = self._icon_button("arrow-left", self.tr("Previous picture"), self.tr("Left"))
        self._next = self._icon_button("arrow-right", self.tr("Next picture"), self.tr("Right"))
        self._close = self._icon_button("x", self.tr("Close"), self.tr("Esc"))
        self._fit = self._word_button(self.tr("Fit"), self.tr("Fit to the window"), "0")
        self._full = self._word_button(self.tr("100 %"), self.tr("Actual size"), "1")
        self._lay_out()
        self._connect()
        theme.changed.connect(self._share_width)
        parent.installEventFilter(self)

    def show_pictures(self, images: Sequence[ImageBlock], index: int) -> None:
        """Open, showing the picture of that index. `images` is not empty."""
        self._images = list(images)
        self.setGeometry(self._covered.rect())
        self.show()
        self.raise_()
        self._canvas.setFocus()
        self._show(index)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(16, 8, 8, 8)
        top.setSpacing(12)
        top.addWidget(self._title, 1)
        top.addWidget(self._percent)
        top.addWidget(self._close)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(16, 12, 16, 12)
        bottom.setSpacing(8)
        bottom.addStretch(1)
        for button in (self._previous, self._fit, self._full, self._next):
            bottom.addWidget(button)
        bottom.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addLayout(top)
        left.addWidget(self._canvas, 1)
        left.addLayout(bottom)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(left, 1)
        whole.addWidget(self._panel)

    def _connect(self) -> None:
        self._patience.timeout.connect(lambda: self._canvas.show_text(self.tr("Opening the picture…")))
        self._gallery.opened.connect(self._on_opened)
        self._gallery.failed.connect(self._on_failed)
        self._canvas.zoomed.connect(self._on_zoomed)
        self._previous.clicked.connect(lambda: self._show(self._index - 1))
        self._next.clicked.connect(lambda: self._show(self._index + 1))
        self._fit.clicked.connect(self._canvas.fit)
        self._full.clicked.connect(self._canvas.actual_size)
        self._close.clicked.connect(self.close)

    def _icon_button(self, icon: str, name: str, shortcut: str) -> QPushButton:
        button = QPushButton()
        button.setProperty("kind", "icon")
        drawn = QIcon(self._theme.pixmap(icon, DARK.text))
        drawn.addPixmap(self._theme.pixmap(icon, DARK.line), QIcon.Mode.Disabled)
        button.setIcon(drawn)
        return _named(button, name, shortcut)

    def _word_button(self, word: str, name: str, shortcut: str) -> QPushButton:
        button = QPushButton(word)
        button.setProperty("kind", "plain")
        button.setCheckable(True)
        return _named(button, name, shortcut)

    def _share_width(self) -> None:
        self._panel.setFixedWidth(min(self._theme.px(WIDTH), round(self.width() * _PANEL)))

    def _show(self, index: int) -> None:
        if not 0 <= index < len(self._images):
            return
        self._index = index
        image = self._images[index]
        title = self.tr("Image %1").replace("%1", str(image.number)) + f" · {shown_name(image.name)}"
        self._title.set_whole(title)
        self._canvas.setAccessibleName(title)
        self._canvas.show_text("")
        self._panel.set_image(image)
        self._previous.setEnabled(index > 0)
        self._next.setEnabled(index < len(self._images) - 1)
        self._previous.setVisible(len(self._images) > 1)
        self._next.setVisible(len(self._images) > 1)
        self._patience.start()
        self._gallery.open(image.sent)

    def _on_opened(self, sha256: str, pixels: Pixels) -> None:
        if sha256 == self._images[self._index].sent:
            self._patience.stop()
            form = QImage.Format.Format_RGBA8888
            self._canvas.show_image(QImage(pixels.rgba, pixels.width, pixels.height, 4 * pixels.width, form))

    def _on_failed(self, sha256: str, error: PictureError) -> None:
        image = self._images[self._index]
        if sha256 != image.sent:
            return
        self._patience.stop()
        name = shown_name(image.name)
        if isinstance(error, PictureUnreadable) and error.reason == "missing":
            text = self.tr("%1 is missing from the data folder.").replace("%1", name)
        else:
            text = words(replace(error, name=name)).what
        self._canvas.show_text(text)
        self._canvas.setAccessibleName(text)

    def _on_zoomed(self) -> None:
        canvas = self._canvas
        self._percent.setText("" if canvas.empty else self.tr("%1 %").replace("%1", str(round(canvas.zoom * 100))))
        self._fit.setEnabled(not canvas.empty)
        self._full.setEnabled(not canvas.empty)
        self._fit.setChecked(not canvas.empty and canvas.fits)
        self._full.setChecked(not canvas.empty and canvas.zoom == 1 and not canvas.fits)

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if press_focused(event):
            return
        keys = Qt.Key
        acts: dict[Qt.Key, Callable[[], object]] = {
            keys.Key_Escape: self.close,
            keys.Key_Left: lambda: self._show(self._index - 1),
            keys.Key_Right: lambda: self._show(self._index + 1),
            keys.Key_1: self._canvas.actual_size,
            keys.Key_0: self._canvas.fit,
            keys.Key_Plus: lambda: self._canvas.zoom_by(STEP),
            keys.Key_Equal: lambda: self._canvas.zoom_by(STEP),
            keys.Key_Minus: lambda: self._canvas.zoom_by(1 / STEP),
        }
        if (act := acts.get(Qt.Key(event.key()))) is not None:
            act()
        event.accept()  # or it would be typed into the message behind

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside."""
        order: list[QWidget] = [self._canvas, self._previous, self._fit, self._full, self._next, self._close]
        order = [widget for widget in order if widget.isVisible() and widget.isEnabled()]
        if not order:  # on its way out
            return False
        focused = QApplication.focusWidget()
        at = order.index(focused) if focused in order else 0 if not forward else -1
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        order[(at + (1 if forward else -1)) % len(order)].setFocus(reason)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._covered and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        if self._focus_before is not None and isValid(self._focus_before):
            self._focus_before.setFocus()


def _named(button: QPushButton, name: str, shortcut: str) -> QPushButton:
    button.setAccessibleName(name)
    button.setToolTip(f"{name} ({shortcut})")
    return button
