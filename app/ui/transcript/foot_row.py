"""The row below an answer: what it has cost, or how it goes, and its buttons; below a question its versions."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.ui import figures
from app.ui.foreign_text import one_line, tip
from app.ui.theme import CONTROL, SPACE
from app.ui.transcript import endings
from app.ui.transcript.bill_line import BillLine
from app.ui.transcript.branch_switch import BranchSwitch
from app.ui.transcript.content import Foot
from app.ui.transcript.host import Host
from app.ui.transcript.icon_button import IconButton
from app.ui.transcript.sharper_button import SharperButton
from app.ui.transcript.text import SafeTextView

SILENCE: Final = 15.0
"""Seconds after which the person is told that nothing comes (RELIABILITY.md, section 2.2, row 10)."""
_TICK: Final = 250
"""Milliseconds."""


class FootRow(QWidget):
    """As high while the answer comes as it is then, so that nothing jumps. Where room is short the bill gives way."""

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._theme = host.theme
        self._foot: Foot | None = None
        self._bill = BillLine(self._theme, self)
        self._bill.clicked.connect(self._open_bill)
        self._ways = self._ways_out()
        self._switch = BranchSwitch(self._theme, self)
        self._switch.turned.connect(self._do)
        self._sharper = SharperButton(self)
        self._sharper.setFont(self._theme.font("caption", 500))
        self._sharper.wanted.connect(host.sharper_wanted)
        self._retry = self._icon("rotate-ccw", self.tr("Retry"), "", "retry")
        copied = self.tr("Copy (Ctrl+Shift+C copies the last answer)")
        self._copy = self._icon("copy", self.tr("Copy"), copied, "copy")
        self._more = self._icon("ellipsis", self.tr("More"), "", "more")
        self._line_up()
        self._tick = QTimer(self, interval=_TICK)
        self._tick.timeout.connect(self._show_progress)

    @property
    def view(self) -> SafeTextView | None:
        return None

    def show_content(self, content: Foot) -> None:
        if content == self._foot:
            return
        self._foot = content
        message = content.message
        streams, answers = message.state == "streaming", message.role == "assistant"
        self._switch.show_branch(content.branch, can_turn=not streams)
        self._switch.setVisible(content.branch[1] > 1)
        self._copy.setVisible(answers and not streams and bool(message.text))
        self._name_retry(content)
        self._retry.setVisible(answers and not streams and content.is_last and not content.has_retry)
        self._more.setVisible(answers and not streams)
        self._sharper.set_offers(content.offers if not streams else ())
        self._bill.setVisible(answers)
        if answers and streams:
            self._tick.start()
            self._show_progress()
        else:
            self._tick.stop()
            self._show_end(content)
        self._fit()

    def focus_switch(self) -> None:
        """Give the keyboard to the way to the other versions."""
        self._switch.take_focus()

    def height_for(self, _width: int) -> int:
        return self._theme.grown(CONTROL)

    def shift(self, pixels: int) -> None:
        """It is never too wide."""

    def let_go(self) -> None:
        self._tick.stop()
        self._foot = None

    # --- the parts ---

    def _line_up(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._bill)
        row.addWidget(self._ways)
        row.addStretch(1)
        for widget in (self._switch, self._sharper, self._retry, self._copy, self._more):
            row.addWidget(widget)

    def _ways_out(self) -> QWidget:
        """What can be done when nothing comes."""
        ways = QWidget(self)
        row = QHBoxLayout(ways)
        row.setContentsMargins(SPACE, 0, 0, 0)
        row.setSpacing(3 * SPACE)
        row.addWidget(self._link(self.tr("Stop"), self.tr("Stop and keep what is there (Esc)"), "stop"))
        row.addWidget(self._link(self.tr("Retry"), self.tr("Stop, and ask again"), "restart"))
        ways.hide()
        return ways

    def _link(self, words: str, tip: str, deed: str) -> QPushButton:
        link = QPushButton(words)
        link.setProperty("kind", "link")
        link.setFont(self._theme.font("caption", 500))
        link.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        link.setAccessibleName(words)
        link.setToolTip(tip)
        link.clicked.connect(lambda: self._do(deed))
        return link

    def _icon(self, icon: str, name: str, tip: str, deed: str) -> IconButton:
        button = IconButton(self._theme, icon, name, tip, self)
        button.clicked.connect(lambda: self._do(deed))
        return button

    def _do(self, deed: str) -> None:
        if self._foot is not None:
            self._host.deed.emit(deed, self._foot.message)

    # --- showing ---

    def _name_retry(self, foot: Foot) -> None:
        """Another model may cost more: it is named."""
        name = self.tr("Retry")
        if foot.asks is not None and foot.is_by_another:
            name = self.tr("Retry with %1").replace("%1", one_line(foot.asks.name))
        self._retry.setAccessibleName(name)
        self._retry.setToolTip(tip(self.tr("%1: ask again").replace("%1", name)))

    def _show_end(self, foot: Foot) -> None:
        words = endings.bill(foot.message, foot.model, named=foot.is_by_another)
        has_bill = bool(words) and foot.model is not None and endings.has_details(foot.message)
        self._bill.tell(words, details=has_bill)
        self._bill.setHidden(not words)
        self._ways.hide()

    def _show_progress(self) -> None:
        """Time and pace, or that nothing comes."""
        foot = self._foot
        if foot is None:
            return
        silent = time.monotonic() - foot.pace.heard if foot.pace is not None else 0.0
        is_silent = silent > SILENCE
        if is_silent:
            words = self.tr("Nothing has come for %1 s.").replace("%1", figures.count(int(silent)))
        else:
            words = self._pace(foot)
        if words != self._bill.text() or self._bill.isEnabled():
            self._bill.tell(words, details=False)
        self._ways.setVisible(is_silent)

    def _pace(self, foot: Foot) -> str:
        passed = max(0.0, time.time() - foot.message.created)
        line = self.tr("%1 s").replace("%1", f"{passed:.1f}")
        if foot.pace is not None and (rate := round(foot.pace.rate or 0)):
            line += " · " + self.tr("≈ %1 tokens/s").replace("%1", figures.count(rate))
        return line

    def _fit(self) -> None:
        """The bill gives way before the words of the offer do; where there is no room for these, the menu has them."""
        layout = self.layout()
        if layout is None:
            return
        room, most = self.width() - layout.sizeHint().width(), self.width() - layout.minimumSize().width()
        taken = -SPACE if self._sharper.isHidden() else self._sharper.sizeHint().width()
        self._sharper.fit(room + taken, most + taken)
        layout.activate()

    def _open_bill(self) -> None:
        from app.ui.transcript.bill_details import BillDetails  # few bills are looked at

        if self._foot is not None and self._foot.model is not None:
            BillDetails(self._theme, self._foot.message, self._foot.model, self).open_at(self._bill)

    # --- overrides of Qt ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
