"""The viewer: pictures of the conversation or of the draft, large, and the very pixels that are sent of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.conversation.chat import Tools
from app.conversation.gallery import Gallery
from app.core.cuts import Box, Offer
from app.ui import figures
from app.ui.buttons import press_focused
from app.ui.label import ElidedLabel, Label
from app.ui.picture_facts import shown_name
from app.ui.theme import Theme
from app.ui.viewer.bar import Bar, icon_button
from app.ui.viewer.canvas import PAN, STEP, PictureCanvas
from app.ui.viewer.commands import Command, command_of, popup_menu
from app.ui.viewer.content import Content, ask_ahead, content, pixels_of
from app.ui.viewer.full_screen import FullScreen
from app.ui.viewer.loader import Loader
from app.ui.viewer.marking import Marking
from app.ui.viewer.panel import WIDTH, SentAs
from app.ui.viewer.saving import Saving
from app.ui.viewer.sheet import SHEET
from app.ui.viewer.shown import Shown, Terms

_PANEL: Final = 0.4
"""Of the width at most."""
_WIDE: Final = 900
"""Points from which on the panel is open unless it was closed."""
_PATIENCE: Final = 300
"""Milliseconds before the wait for a picture is mentioned."""


@dataclass(frozen=True, slots=True)
class Resends:
    """How pictures that were sent can be sent again."""

    sharper: Callable[[int], Offer | None]
    """The picture of this number, sharper; None where it is as sharp as can be, or not to be had now."""
    price: Callable[[int, Offer], Decimal | None]
    """US dollars that it adds, None where they are not known."""


class Viewer(QWidget):
    """Covers its parent until it is closed, and deletes itself then. Dark in both themes.

    Signals:
        preset_chosen(int, str): the picture of this row of the draft is to go with that preset.
        region_marked(int, Box): the picture of this row is to go as an overview with that region.
        resend_wanted(int, str, Box | None): the picture of this number is to go again, with that preset.
    """

    preset_chosen = Signal(int, str)
    region_marked = Signal(int, object)
    resend_wanted = Signal(int, str, object)

    def __init__(
        self, theme: Theme, gallery: Gallery, tools: Tools, parent: QWidget, resends: Resends | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._gallery = gallery
        self._covered = parent
        self._resends = resends
        self._pictures: list[Shown] = []
        self._index = 0
        self._terms: Terms
        self._content = Content(sent=False)
        self._sees = True
        self._held = False
        self._parts = True
        self._panel_open: bool | None = None
        self._focus_before = QApplication.focusWidget()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Picture viewer"))
        self.setStyleSheet(SHEET)
        self._title = ElidedLabel(theme, most=2000, weight=500)
        self._chip = Label(theme, role="caption")
        self._chip.setObjectName("chip")
        self._percent = Label(theme, role="caption", tone="secondary")
        self._canvas = PictureCanvas(theme)
        self._loader = Loader(gallery, tools, self)
        self._panel = SentAs(theme)
        self._bar = Bar(theme)
        self._marking = Marking(self._canvas, self._bar, self)
        self._full_screen = FullScreen(self)
        self._saving = Saving(theme, gallery, self._canvas, self)
        self._details = icon_button(theme, "info", self.tr("Details"), "I")
        self._details.setCheckable(True)
        self._close = icon_button(theme, "x", self.tr("Close"), self.tr("Esc"))
        self._lay_out()
        self._connect()
        parent.installEventFilter(self)

    def show_pictures(self, pictures: Sequence[Shown], index: int, terms: Terms) -> None:
        """Open, showing the picture of that index. `pictures` is not empty."""
        self._pictures, self._terms = list(pictures), terms
        self.setGeometry(self._covered.rect())
        self.show()
        self.raise_()
        self._canvas.setFocus()
        self._show(index)

    def update_pictures(self, pictures: Sequence[Shown], terms: Terms) -> None:
        """The same pictures have become others: prepared anew, or priced. Closes when none is left."""
        before = self._picture
        self._pictures, self._terms = list(pictures), terms
        if not pictures:
            self.close()
            return
        index = next((i for i, picture in enumerate(pictures) if picture.key == before.key), None)
        if index is None or self._pictures[index].size != before.size:
            self._show(min(self._index, len(pictures) - 1) if index is None else index)
        else:
            self._index = index
            self._describe()
            self._compose()

    @property
    def _picture(self) -> Shown:
        return self._pictures[self._index]

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(16, 8, 8, 8)
        top.setSpacing(8)
        top.addWidget(self._title, 1)
        top.addWidget(self._chip)
        top.addWidget(self._percent)
        top.addWidget(self._details)
        top.addWidget(self._close)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addLayout(top)
        left.addWidget(self._canvas, 1)
        left.addWidget(self._bar)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(left, 1)
        whole.addWidget(self._panel)

    def _connect(self) -> None:
        self._theme.changed.connect(self._share_width)
        self._patience.timeout.connect(self._say_waiting)
        self._loader.changed.connect(self._compose)
        self._canvas.viewed.connect(self._on_viewed)
        self._canvas.double_clicked.connect(self._full_screen.toggle)
        self._full_screen.changed.connect(self._share_width)
        self._bar.moved.connect(lambda step: self._show(self._index + step))
        self._bar.seeing_wanted.connect(self._see)
        self._bar.mark.clicked.connect(self._mark)
        self._bar.more.clicked.connect(self._open_menu)
        self._marking.accepted.connect(self._take_region)
        self._marking.ended.connect(self._on_marked)
        self._panel.preset_chosen.connect(lambda preset: self.preset_chosen.emit(self._picture.row, preset))
        self._panel.sharper_wanted.connect(self._resend_sharper)
        self._details.clicked.connect(self._toggle_panel)
        self._close.clicked.connect(self.close)

    # --- what is shown ---

    def _show(self, index: int) -> None:
        if not 0 <= index < len(self._pictures):
            return
        self._marking.end()
        self._index = index
        picture = self._picture
        keep = {picture.thumbnail, *(image.sent for image in picture.images)}
        self._loader.keep_only(keep)
        self._canvas.set_picture(picture.size, self._gallery.thumbnail(picture.thumbnail))
        self._content = Content(sent=False)
        self._describe()
        self._patience.start()
        self._compose()
        ask_ahead(picture, self._loader)

    def _describe(self) -> None:
        """The words around the picture."""
        picture = self._picture
        title = self.tr("Image %1").replace("%1", str(picture.number)) + f" · {shown_name(picture.name)}"
        self._title.set_whole(title)
        self._bar.set_place(self._index, len(self._pictures))
        self._bar.mark.setVisible(self._can_mark)
        self._panel.show_picture(picture, self._terms, self._sharper_words())

    def _compose(self) -> None:
        """Show the pixels wanted as soon as they are there; until then those that are shown stay."""
        sent = (self._sees != self._held) and not self._marking.on
        wanted = content(self._picture, self._loader, sent=sent, parts=self._parts)
        if wanted.waits and not self._canvas.empty:
            return
        self._content = wanted
        if wanted.text:
            self._canvas.show_text(wanted.text)
        elif wanted.layers:
            self._canvas.show_layers(wanted.layers)
        if not wanted.waits:
            self._patience.stop()
        self._name_content()

    def _name_content(self) -> None:
        shown = self._content
        self._chip.setText(shown.chip)
        self._chip.setVisible(bool(shown.chip))
        self._chip.setProperty("sent", shown.sent)
        self._chip.style().unpolish(self._chip)
        self._chip.style().polish(self._chip)
        self._bar.set_seen(
            sent=shown.sent and not shown.waits,
            original=not shown.sent and not shown.waits,
            has_sent=bool(self._picture.images),
        )
        self._canvas.setAccessibleName(shown.text or self._title.accessibleName())
        self._canvas.setAccessibleDescription(shown.chip)

    def _say_waiting(self) -> None:
        self._chip.setText(self.tr("Opening the picture…"))
        self._chip.show()

    def _on_viewed(self) -> None:
        canvas = self._canvas
        self._percent.setText("" if canvas.empty else self.tr("%1 %").replace("%1", str(round(canvas.zoom * 100))))

    def _see(self, sent: bool) -> None:
        self._sees = sent
        self._compose()
        self._name_content()

    def _hold(self, *, on: bool) -> None:
        """As long as Space is held, the other pixels are seen."""
        if self._held != on:
            self._held = on
            self._compose()

    # --- what can be done ---

    def _commands(self) -> list[Command]:
        canvas, picture = self._canvas, self._picture
        seen, tr = not canvas.empty, self.tr
        sent = bool(picture.images) and bool(picture.images[0].sent) and not picture.stands_for
        commands = [
            Command(("1",), lambda: canvas.zoom_to(1.0), tr("Actual size"), seen),
            Command(("0",), canvas.fit, tr("Fit to the window"), seen, canvas.fits),
            Command(("+", "=", "Ctrl++", "Ctrl+="), lambda: canvas.zoom_by(STEP), tr("Larger"), seen),
            Command(("-", "Ctrl+-"), lambda: canvas.zoom_by(1 / STEP), tr("Smaller"), seen),
            Command(("F11",), self._full_screen.toggle, tr("Full screen"), checked=self._full_screen.on),
            Command(("Ctrl+C",), self._copy, tr("Copy"), seen, starts_group=True),
            Command(("Ctrl+S",), self._save_original, tr("Save original…"), bool(picture.original)),
            Command(("Ctrl+Shift+S",), self._save_sent, tr("Save what was sent…"), sent),
            Command(("C",), lambda: self._see(not self._content.sent)),
            Command(("M",), self._mark),
            Command(("I",), self._toggle_panel),
            Command(("Menu", "Shift+F10"), self._open_menu),
            Command(("Left", "PgUp"), lambda: self._show(self._index - 1)),
            Command(("Right", "PgDown"), lambda: self._show(self._index + 1)),
            Command(("Shift+Left",), lambda: canvas.pan(PAN, 0)),
            Command(("Shift+Right",), lambda: canvas.pan(-PAN, 0)),
            Command(("Shift+Up", "Up"), lambda: canvas.pan(0, PAN)),
            Command(("Shift+Down", "Down"), lambda: canvas.pan(0, -PAN)),
            Command(("Esc",), self._step_out),
        ]
        if len(picture.images) > 1:
            parts = Command(("P",), self._toggle_parts, tr("Parts in their places"), sent, self._parts)
            commands.insert(5, parts)
        return commands

    def _open_menu(self) -> None:
        menu = popup_menu(self._commands(), self)
        corner = self._bar.more.mapToGlobal(self._bar.more.rect().topLeft())
        menu.popup(corner - QPoint(0, menu.sizeHint().height() + 4))

    def _step_out(self) -> None:
        if self._full_screen.on:
            self._full_screen.leave()
        else:
            self.close()

    @property
    def _can_mark(self) -> bool:
        picture = self._picture
        return bool(picture.original) and all(picture.size) and (picture.row is not None or self._resends is not None)

    def _mark(self) -> None:
        if not self._can_mark or self._marking.on:
            return
        self._marking.begin(self._picture, self._terms, self._added_price)
        self._compose()

    def _added_price(self, offer: Offer) -> Decimal | None:
        if self._picture.row is None and self._resends is not None:
            return self._resends.price(self._picture.number, offer)
        return self._terms.price(offer.tokens(self._terms.model.tier.patch))

    def _on_marked(self) -> None:
        self._canvas.setFocus()
        self._compose()

    def _take_region(self, box: Box) -> None:
        picture = self._picture
        if picture.row is not None:
            self._sees = True
            self.region_marked.emit(picture.row, box)
        else:
            self.resend_wanted.emit(picture.number, "region", box)
            self.close()

    def _sharper(self) -> Offer | None:
        if self._resends is None or self._picture.row is not None:
            return None
        return self._resends.sharper(self._picture.number)

    def _sharper_words(self) -> str:
        offer = self._sharper()
        if offer is None:
            return ""
        price = self._added_price(offer)
        words = self.tr("Resend sharper")
        return words if price is None else f"{words} (+{figures.dollars(price)})"

    def _resend_sharper(self) -> None:
        if (offer := self._sharper()) is not None:
            self.resend_wanted.emit(self._picture.number, offer.preset, None)
            self.close()

    def _copy(self) -> None:
        """Put the pixels that are shown on the clipboard."""
        if self._content.layers:
            QGuiApplication.clipboard().setImage(pixels_of(self._content, self._picture))
            self._saving.say(self.tr("Copied"))

    def _save_original(self) -> None:
        self._saving.ask_original(self._picture)

    def _save_sent(self) -> None:
        self._saving.ask_sent(self._picture)

    def _toggle_parts(self) -> None:
        """Of a picture in parts, see the parts in their places, or the overview alone."""
        self._parts = not self._parts
        self._compose()

    def _toggle_panel(self) -> None:
        self._panel_open = not self._panel.isVisible()
        self._share_width()

    # --- room ---

    def _share_width(self) -> None:
        """The panel where it is wanted or there is room; the buttons' words where they fit."""
        wide = self.width() >= self._theme.px(_WIDE)
        is_open = (wide if self._panel_open is None else self._panel_open) and not self._full_screen.on
        width = min(self._theme.px(WIDTH), round(self.width() * _PANEL))
        self._panel.setFixedWidth(width)
        self._panel.setVisible(is_open)
        self._details.setChecked(is_open)
        self._details.setVisible(not self._full_screen.on)
        self._bar.set_width(self.width() - (width if is_open else 0))

    # --- Qt ---

    def event(self, event: QEvent) -> bool:
        """No shortcut of the window behind works meanwhile, but the one that quits."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if not event.matches(QKeySequence.StandardKey.Quit) and event.key() != Qt.Key.Key_Q:
                event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # or it would be typed into the message behind
        if press_focused(event):
            return
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat() and not self._marking.on:
                self._hold(on=True)
        elif (command := command_of(event, self._commands())) is not None:
            command.do()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold(on=False)
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside."""
        picture = self._marking.marker if self._marking.on else self._canvas
        order = [picture, *self._bar.buttons, *self._panel.buttons, self._details, self._close]
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
        self._full_screen.leave()
        if self._focus_before is not None and isValid(self._focus_before):
            self._focus_before.setFocus()
