"""The filters below the field of the search: pictures, model, time and cost, each a chip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from PySide6.QtCore import QDate, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QDateEdit, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.core.search import Wanted
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.theme import HIT, Theme

Span = Literal["any", "today", "week", "month", "year", "range"]
_DAYS: Final[dict[Span, int]] = {"today": 0, "week": 6, "month": 29}
"""Days before today with which a span begins."""
_COSTS: Final = (0.0, 0.01, 0.1, 1.0)
"""USD."""


class Filters(QWidget):
    """Signals:
    changed(): another filter.
    """

    changed = Signal()

    def __init__(self, theme: Theme, named: Callable[[str], str]) -> None:
        """`named` gives the name of a model by its id."""
        super().__init__()
        self._theme = theme
        self._named = named
        self._models: Sequence[str] = ()
        self._model = ""
        self._span: Span = "any"
        self._cost = 0.0
        self._pictures = QPushButton(self.tr("Pictures"))
        self._pictures.setToolTip(self.tr("Only chats with pictures"))
        self._pictures.setCheckable(True)
        self._model_chip, self._time_chip, self._cost_chip = QPushButton(), QPushButton(), QPushButton()
        self._clear = QToolButton()
        self._clear.setProperty("kind", "icon")
        self._clear.setAccessibleName(self.tr("Clear the filters"))
        self._clear.setToolTip(self.tr("Clear the filters"))
        policy = self._clear.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the row below is not to move when it comes
        self._clear.setSizePolicy(policy)
        self._first, self._last = self._day(self.tr("First day")), self._day(self.tr("Last day"))
        self._range = QWidget()
        self._lay_out()
        self._pictures.toggled.connect(self._tell)
        self._model_chip.clicked.connect(self._choose_model)
        self._time_chip.clicked.connect(self._choose_time)
        self._cost_chip.clicked.connect(self._choose_cost)
        self._clear.clicked.connect(self.clear)
        for edit in (self._first, self._last):
            edit.dateChanged.connect(self._tell)
        theme.changed.connect(self._dress)
        self._dress()
        self._show()

    @property
    def stops(self) -> list[QWidget]:
        """What the keyboard goes to, in order."""
        chips: list[QWidget] = [*self._chips, self._clear, self._first, self._last]
        return [part for part in chips if part.isVisibleTo(self)]

    def set_models(self, ids: Sequence[str]) -> None:
        """Offer these models."""
        self._models = sorted(ids, key=lambda model: self._named(model).casefold())

    def wanted(self, text: str) -> Wanted:
        """What is looked for with that text."""
        first, last = self._days
        return Wanted(
            text,
            pictures=self._pictures.isChecked(),
            model=self._model,
            since=_begin(first) if first else 0.0,
            until=_begin(last.addDays(1)) if last else float("inf"),
            at_least=self._cost,
        )

    def clear(self) -> None:
        """Let everything pass."""
        self._model, self._span, self._cost = "", "any", 0.0
        self._pictures.setChecked(False)
        self._tell()

    # --- putting together ---

    @property
    def _chips(self) -> list[QPushButton]:
        return [self._pictures, self._model_chip, self._time_chip, self._cost_chip]

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for chip in self._chips:
            chip.setObjectName("chip")
            row.addWidget(chip)
        row.addStretch(1)
        row.addWidget(self._clear)
        days = QHBoxLayout(self._range)
        days.setContentsMargins(0, 0, 0, 0)
        days.setSpacing(8)
        days.addWidget(self._first)
        days.addWidget(Label(self._theme, self.tr("to"), role="secondary", tone="secondary"))
        days.addWidget(self._last)
        days.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._range)

    def _day(self, name: str) -> QDateEdit:
        edit = QDateEdit(QDate.currentDate())
        edit.setCalendarPopup(True)
        edit.setDisplayFormat("d MMM yyyy")
        edit.setKeyboardTracking(False)
        edit.setAccessibleName(name)
        edit.setToolTip(name)
        return edit

    def _dress(self) -> None:
        tokens, height = self._theme.tokens, self._theme.grown(HIT) - 2
        self.setStyleSheet(
            f"QPushButton#chip {{ border: 1px solid {tokens.line}; border-radius: {height // 2 + 1}px; padding: 0 12px;"
            f" min-height: {height}px; max-height: {height}px; color: {tokens.text2}; font-weight: 400; }}"
            f"QPushButton#chip:hover {{ background: {tokens.hover}; }}"
            f'QPushButton#chip[on="true"] {{ background: {tokens.soft}; color: {tokens.text};'
            f" border-color: {tokens.soft}; font-weight: 500; }}"
            f"QPushButton#chip:focus {{ border-color: {tokens.accent}; }}"
            f"QDateEdit {{ background: {tokens.surface}; border: 1px solid {tokens.line}; border-radius: 8px;"
            f" padding: 0 0 0 8px; min-height: {height}px; color: {tokens.text}; }}"
            f"QDateEdit:focus {{ border-color: {tokens.accent}; }}"
            "QDateEdit::drop-down { border: none; width: 24px; }"
            f"QDateEdit::down-arrow {{ width: 0; height: 0; border: 4px solid {tokens.surface};"
            f" border-top: 5px solid {tokens.text2}; border-bottom: none; }}"
        )
        self._clear.setIcon(self._theme.icon("x"))
        for chip in self._chips:
            chip.setFont(self._theme.font("secondary"))

    def _show(self) -> None:
        on = [self._pictures.isChecked(), bool(self._model), self._span != "any", self._cost > 0]
        model = one_line(self._named(self._model)) if self._model else self.tr("Any model")
        for chip, is_on, words in zip(
            self._chips,
            on,
            [self._pictures.text(), model, self._span_words(self._span), self._cost_words(self._cost)],
            strict=True,
        ):
            chip.setText(words.replace("&", "&&"))
            chip.setProperty("on", is_on)
            chip.style().unpolish(chip)
            chip.style().polish(chip)
        self._clear.setVisible(any(on))
        self._range.setVisible(self._span == "range")

    # --- choosing ---

    def _choose_model(self) -> None:
        choices = [("", self.tr("Any model")), *((model, one_line(self._named(model))) for model in self._models)]
        self._offer(self._model_chip, choices, self._model, self._set_model)

    def _choose_time(self) -> None:
        spans: tuple[Span, ...] = ("any", "today", "week", "month", "year", "range")
        choices = [(span, self._span_words(span)) for span in spans]
        self._offer(self._time_chip, choices, self._span, self._set_span)

    def _choose_cost(self) -> None:
        choices = [(cost, self._cost_words(cost)) for cost in _COSTS]
        self._offer(self._cost_chip, choices, self._cost, self._set_cost)

    def _offer(
        self, chip: QPushButton, choices: Sequence[tuple[Any, str]], now: object, choose: Callable[[Any], None]
    ) -> None:
        menu = QMenu(chip)
        group = QActionGroup(menu)
        for value, words in choices:
            action = menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(value == now)
            group.addAction(action)
            action.triggered.connect(lambda _on, value=value: choose(value))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(chip.mapToGlobal(chip.rect().bottomLeft()))

    def _set_model(self, model: str) -> None:
        self._model = model
        self._tell()

    def _set_span(self, span: Span) -> None:
        self._span = span
        self._tell()

    def _set_cost(self, cost: float) -> None:
        self._cost = cost
        self._tell()

    def _tell(self) -> None:
        self._show()
        self.changed.emit()

    @property
    def _days(self) -> tuple[QDate | None, QDate | None]:
        """The first and the last day; None where it is open."""
        today = QDate.currentDate()
        match self._span:
            case "any":
                return None, None
            case "year":
                return QDate(today.year(), 1, 1), None
            case "range":
                first, last = sorted((self._first.date(), self._last.date()), key=lambda day: day.toJulianDay())
                return first, last
            case span:
                return today.addDays(-_DAYS[span]), None

    def _span_words(self, span: Span) -> str:
        return {
            "any": self.tr("Any time"),
            "today": self.tr("Today"),
            "week": self.tr("7 days"),
            "month": self.tr("30 days"),
            "year": self.tr("This year"),
            "range": self.tr("Choose dates…"),
        }[span]

    def _cost_words(self, cost: float) -> str:
        return self.tr("≥ $%1").replace("%1", f"{cost:.2f}") if cost else self.tr("Any cost")


def _begin(day: QDate) -> float:
    return float(day.startOfDay().toSecsSinceEpoch())
