"""The viewer: pictures of the conversation or of the draft, large, and the very pixels that are sent of each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QEvent, QKeyCombination, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.cuts import Box, Offer
from app.ui.buttons import press_focused
from app.ui.picture_facts import shown_name
from app.ui.theme import Theme
from app.ui.viewer.bar import Bar
from app.ui.viewer.canvas import PAN, STEP, PictureCanvas
from app.ui.viewer.commands import Command, command_of, popup_menu
from app.ui.viewer.content import Content, ask_ahead, content, pixels_of
from app.ui.viewer.full_screen import FullScreen
from app.ui.viewer.heading import Heading
from app.ui.viewer.loader import Loader
from app.ui.viewer.marking import Marking
from app.ui.viewer.panel import WIDTH, SentAs
from app.ui.viewer.resends import Resends, Sharper
from app.ui.viewer.saving import Saving
from app.ui.viewer.sheet import SHEET
from app.ui.viewer.shown import Shown, Terms

_PANEL: Final = 0.4
"""Of the width at most."""
_WIDE: Final = 900
"""Points from which on the panel is open unless it was closed."""
_PATIENCE: Final = 300
"""Milliseconds before the wait for a picture is mentioned."""
_QUIT: Final = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Q)

Source = Callable[[], tuple[list[Shown], Terms]]


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
        self,
        theme: Theme,
        gallery: Gallery,
        tools: Tools,
        source: Source,
        parent: QWidget,
        resends: Resends | None = None,
    ) -> None:
        """`source` tells the pictures, in order and at least one, and what holds for them; `follow` asks it again."""
        super().__init__(parent)
        self._theme = theme
        self._gallery = gallery
        self._covered = parent
        self._resends = resends
        self._source = source
        self._pictures, self._terms = source()
        self._index = 0
        self._described: tuple[Shown, Terms, Sharper] | None = None
        self._content = Content(sent=False)
        self._sees = True
        self._held = False
        self._parts = True
        self._panel_open: bool | None = None
        self._focus_before = QApplication.focusWidget()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setAccessibleName(self.tr("Picture viewer"))
        self.setStyleSheet(SHEET)
        self._heading = Heading(theme)
        self._canvas = PictureCanvas(theme)
        self._loader = Loader(gallery, tools, self)
        self._panel = SentAs(theme)
        self._bar = Bar(theme)
        self._marking = Marking(self._canvas, self._bar, self)
        self._full_screen = FullScreen(self)
        self._saving = Saving(theme, gallery, self._canvas, self)
        self._lay_out()
        self._connect()
        parent.installEventFilter(self)

    def show_picture(self, index: int, *, mark: bool = False, details: bool = False) -> None:
        """Open, showing the picture of that index, with its details in any case or letting a region of it be marked."""
        self._panel_open = True if details else None
        self.setGeometry(self._covered.rect())
        self.show()
        self.raise_()
        self._canvas.setFocus()
        self._show(index)
        if mark:
            self._mark()

    def follow(self) -> None:
        """The same pictures may have become others: prepared anew, or priced. Closes when none is left."""
        before = self._picture
        pictures, self._terms = self._source()
        if not pictures:
            self.close()
            return
        self._pictures = pictures
        index = next((i for i, picture in enumerate(pictures) if picture.key == before.key), None)
        if index is None or (pictures[index].size, pictures[index].original) != (before.size, before.original):
            self._show(min(self._index, len(pictures) - 1) if index is None else index)
            return
        self._index = index
        self._describe()
        if pictures[index] != before:
            self._compose()

    @property
    def _picture(self) -> Shown:
        return self._pictures[self._index]

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self._heading)
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
        self._loader.changed.connect(self._on_loaded)
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
        self._panel.focus_lost.connect(self._canvas.setFocus)
        self._heading.details.clicked.connect(self._toggle_panel)
        self._heading.close_button.clicked.connect(self.close)

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
        self._heading.set_title(title)
        self._bar.set_place(self._index, len(self._pictures))
        self._bar.mark.setVisible(self._can_mark)
        lost = self._loader.error(picture.original, picture.page) is not None
        sharper = Sharper() if self._resends is None or lost else self._resends.words(picture.number)
        described = picture, self._terms, sharper
        if described != self._described:  # or a press on a button would be lost when another picture gets ready
            self._described = described
            self._panel.show_picture(picture, self._terms, self._added_price, sharper)

    def _compose(self) -> None:
        """Show the pixels wanted as soon as they are there; until then those that are shown stay."""
        sent = (self._sees != self._held) and not self._marking.on
        wanted = content(self._picture, self._loader, sent=sent, parts=self._parts)
        if wanted.waits and not self._canvas.empty:
            return
        self._content = wanted
        if wanted.text:
            self._canvas.show_text(wanted.text)
        else:
            self._canvas.show_layers(wanted.layers)
        if not wanted.waits:
            self._patience.stop()
        self._name_content()

    def _on_loaded(self) -> None:
        if self._loader.error(self._picture.original, self._picture.page) is not None:
            self._describe()  # nothing more can be made of it
        self._compose()

    def _name_content(self) -> None:
        shown = self._content
        self._heading.set_chip(shown.chip, sent=shown.sent)
        self._bar.set_seen(
            sent=shown.sent and not shown.waits,
            original=not shown.sent and not shown.waits,
            has_sent=bool(self._picture.images) and not self._picture.url,
            has_original=bool(self._picture.original),
        )
        self._canvas.setAccessibleName(shown.text or self._heading.title)
        self._canvas.setAccessibleDescription(shown.chip)

    def _say_waiting(self) -> None:
        self._heading.set_chip(self.tr("Opening the picture…"), sent=False)

    def _on_viewed(self) -> None:
        self._heading.set_zoom(None if self._canvas.empty else self._canvas.zoom)

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
        sent = picture.sendable
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
        may_go = self._resends is None or self._resends.ready()
        is_there = bool(picture.original) and self._loader.error(picture.original, picture.page) is None
        return is_there and all(picture.size) and not picture.url and may_go

    def _mark(self) -> None:
        if not self._can_mark or self._marking.on:
            return
        besides = self._resends.besides if self._resends is not None else lambda _: ""
        self._marking.begin(self._picture, self._terms, self._added_price, besides)
        self._compose()

    def _added_price(self, offer: Offer) -> Decimal | None:
        if self._resends is not None:
            return self._resends.price(offer)
        return self._terms.price(offer)

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

    def _resend_sharper(self) -> None:
        offer = self._resends.offer(self._picture.number) if self._resends is not None else None
        if offer is not None:
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
        self._heading.details.setChecked(is_open)
        self._heading.details.setVisible(not self._full_screen.on)
        self._bar.set_width(self.width() - (width if is_open else 0))

    # --- Qt ---

    def event(self, event: QEvent) -> bool:
        """No shortcut of the window behind works meanwhile, but the one that quits."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.keyCombination() != _QUIT)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # or it would be typed into the message behind
        if press_focused(event) or self._marking.takes(event):
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
        order = [picture, *self._bar.buttons, *self._panel.buttons, self._heading.details, self._heading.close_button]
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

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._full_screen.leave()
        if self._focus_before is not None and isValid(self._focus_before):
            self._focus_before.setFocus()
