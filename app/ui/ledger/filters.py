"""The filter of the ledger's window: a period, a model, a text, and one conversation where it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

from PySide6.QtCore import QDate, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLineEdit, QPushButton, QWidget

from app.core.ledger import Filter
from app.ui.drop_down import DropDown
from app.ui.foreign_text import one_line
from app.ui.ledger.words import Namer
from app.ui.theme import Theme

Span = Literal["week", "30 days", "month", "all", "custom"]
_SPANS: Final[tuple[Span, ...]] = ("week", "30 days", "month", "all", "custom")
_USUAL: Final = 1
_TYPING: Final = 200
"""Milliseconds after the last key before a text is looked for."""
_LONGEST: Final = 32
"""Characters of a conversation's title on its button, and of a text that was searched for."""


class FilterBar(QWidget):
    """Signals:
    changed(): another filter.
    """

    changed = Signal()

    def __init__(self, theme: Theme, named: Namer) -> None:
        super().__init__()
        self._theme = theme
        self._named = named
        self._conversation = ""
        self._models: list[str] = []
        self._span = DropDown()
        self._span.addItems(
            [self.tr("7 days"), self.tr("30 days"), self.tr("This month"), self.tr("All"), self.tr("Choose dates…")]
        )
        self._span.setCurrentIndex(_USUAL)
        self._span.setAccessibleName(self.tr("Period"))
        self._first, self._last = _day_edit(self.tr("First day")), _day_edit(self.tr("Last day"))
        self._model = DropDown()
        self._model.addItem(self.tr("All models"), "")
        self._model.setAccessibleName(self.tr("Model"))
        self._model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._model.setMinimumContentsLength(14)
        self._text = QLineEdit(placeholderText=self.tr("Search in titles and models"))
        self._text.setAccessibleName(self.tr("Search in titles and models"))
        self._text.setClearButtonEnabled(True)
        self._text.setMinimumWidth(80)
        self._only = QPushButton()
        self._only.setProperty("kind", "plain")
        self._only.setToolTip(self.tr("Show all chats again"))
        self._pause = QTimer(self, singleShot=True, interval=_TYPING)
        self._lay_out()
        self._connect()
        self._restyle()
        self._show_parts()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in (self._span, self._first, self._last, self._model):
            row.addWidget(part)
        row.addWidget(self._text, 1)
        row.addWidget(self._only)

    def _connect(self) -> None:
        self._theme.changed.connect(self._restyle)
        self._span.activated.connect(self._on_span)
        for edit in (self._first, self._last):
            edit.dateChanged.connect(self._on_days)
        self._model.activated.connect(self.changed)
        self._text.textChanged.connect(self._pause.start)
        self._text.returnPressed.connect(self._find)
        self._pause.timeout.connect(self.changed)
        self._only.clicked.connect(lambda: self.set_conversation("", ""))

    def _restyle(self) -> None:
        """The fields for days, which the app's style sheet does not know, like those beside them."""
        tokens = self._theme.tokens
        self.setStyleSheet(
            f"QDateEdit {{ background: {tokens.surface}; border: 1px solid {tokens.line}; border-radius: 8px;"
            f" padding: 0 0 0 8px; min-height: {self._theme.grown(30)}px; color: {tokens.text}; }}"
            f"QDateEdit:focus {{ border-color: {tokens.accent}; }}"
            "QDateEdit::drop-down { border: none; width: 24px; }"
            f"QDateEdit::down-arrow {{ width: 0; height: 0; border: 4px solid {tokens.surface};"
            f" border-top: 5px solid {tokens.text2}; border-bottom: none; }}"
        )

    def set_models(self, ids: Sequence[str]) -> None:
        """Offer these models, by name."""
        ids = sorted(ids, key=lambda model: self._named(model).casefold())
        if ids == self._models:
            return
        chosen = self._model.currentData()
        self._models = list(ids)
        while self._model.count() > 1:
            self._model.removeItem(1)
        for model in ids:
            self._model.addItem(one_line(self._named(model)), model)
        self._model.setCurrentIndex(max(0, self._model.findData(chosen)))

    def set_conversation(self, conversation: str, title: str) -> None:
        """Show one conversation alone, of all times; empty for all."""
        if conversation != self._conversation:
            self._conversation = conversation
            self._span.setCurrentIndex(_SPANS.index("all") if conversation else _USUAL)
            name = one_line(title) or self.tr("one chat")
            name = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
            self._only.setText(self.tr("Only “%1”  ✕").replace("%1", name).replace("&", "&&"))
            self._only.setAccessibleName(self.tr("Only %1. Press to show all.").replace("%1", name))
            self._show_parts()
            self.changed.emit()

    def focus_text(self) -> None:
        """Let a text be typed."""
        self._text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._text.selectAll()

    def clear_text(self) -> None:
        """Search no more, and let another text be typed."""
        self._text.clear()
        self._find()
        self.focus_text()

    @property
    def searched(self) -> str:
        """The text that is searched for, as it can be told in a line; empty for none."""
        text = one_line(self._text.text().strip())
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

    def filter(self, *, practice: bool) -> Filter:
        first, last = self.days
        text = self._text.text().strip()
        return Filter(
            since=_begin(first) if first else 0.0,
            until=_begin(last.addDays(1)) if last else float("inf"),
            model=str(self._model.currentData() or ""),
            conversation=self._conversation,
            text=text,
            models=tuple(m for m in self._models if text and text.casefold() in self._named(m).casefold()),
            practice=practice,
        )

    @property
    def days(self) -> tuple[QDate | None, QDate | None]:
        """The first and the last day that is shown; None where it is open. Today's requests still come: no last day."""
        today = QDate.currentDate()
        match _SPANS[self._span.currentIndex()]:
            case "week":
                return today.addDays(-6), None
            case "30 days":
                return today.addDays(-29), None
            case "month":
                return QDate(today.year(), today.month(), 1), None
            case "all":
                return None, None
            case "custom":
                first, last = sorted((self._first.date(), self._last.date()), key=lambda day: day.toJulianDay())
                return first, last

    @property
    def shown_days(self) -> tuple[date | None, date | None]:
        """The days that the chart shows, be they empty."""
        first, last = self.days
        today = QDate.currentDate()
        return _python(first), _python(last or today) if first else None

    def _on_span(self) -> None:
        if self._span.currentIndex() == _SPANS.index("custom"):
            today = QDate.currentDate()
            for edit, day in ((self._first, today.addDays(-29)), (self._last, today)):
                edit.blockSignals(True)
                edit.setDate(day)
                edit.blockSignals(False)
        self._show_parts()
        self.changed.emit()

    def _on_days(self) -> None:
        if self._span.currentIndex() == _SPANS.index("custom"):
            self.changed.emit()

    def _find(self) -> None:
        self._pause.stop()
        self.changed.emit()

    def _show_parts(self) -> None:
        custom = self._span.currentIndex() == _SPANS.index("custom")
        self._first.setVisible(custom)
        self._last.setVisible(custom)
        self._only.setVisible(bool(self._conversation))


def _day_edit(name: str) -> QDateEdit:
    edit = QDateEdit()
    edit.setCalendarPopup(True)
    edit.setDisplayFormat("d MMM yyyy")
    edit.setKeyboardTracking(False)
    edit.setAccessibleName(name)
    edit.setToolTip(name)
    return edit


def _begin(day: QDate) -> float:
    return float(day.startOfDay().toSecsSinceEpoch())


def _python(day: QDate | None) -> date | None:
    return date(day.year(), day.month(), day.day()) if day is not None else None
