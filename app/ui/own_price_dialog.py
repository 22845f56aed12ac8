"""The dialog in which the person says what a model costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, Literal

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.core.catalog import Catalog, Model, Prices
from app.core.own_prices import CACHE_KINDS, OwnPrice
from app.ui.amount_field import AmountField, shown_amount
from app.ui.drop_down import DropDown
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.model_words import price_words
from app.ui.theme import Theme

_WIDTH: Final = 480
_MARGIN: Final = 24
_FIELD: Final = 168
_FRAME: Final = QSize(32, 80)
"""Pixels of the screen that stay free around the dialog."""
_MOST: Final = Decimal(1_000_000)
"""US dollars per million tokens; more is a slip."""
_TIERS: Final[tuple[Literal["", "high", "standard"], ...]] = ("", "high", "standard")

translate = QCoreApplication.translate


class OwnPriceDialog(QDialog):
    """Opened with `open`; deletes itself when closed.

    Signals:
        chosen(str, OwnPrice): a model's id and what it costs.
    """

    chosen = Signal(str, object)

    def __init__(
        self, theme: Theme, catalog: Catalog, parent: QWidget, *, model_id: str = "", own: OwnPrice | None = None
    ) -> None:
        """`catalog` without the person's own prices; `own` is what they have said of this model."""
        super().__init__(parent)
        self._theme = theme
        self._catalog = catalog
        self._own = own
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Price of a model"))
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show(model_id)
        self._follow()

    # --- putting together ---

    def _make_fields(self) -> None:
        self._id = QLineEdit(placeholderText=self.tr("its id, as the server calls it"), maxLength=200)
        self._id.setAccessibleName(self.tr("Model"))
        completer = QCompleter([model.id for model in self._catalog.models], self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._id.setCompleter(completer)
        self._known = Label(self._theme, role="secondary", tone="secondary", wraps=True)
        self._input = AmountField(self._theme, self.tr("Input, US dollars per million tokens"))
        self._output = AmountField(self._theme, self.tr("Output, US dollars per million tokens"))
        self._cache = [
            AmountField(self._theme, self.tr("Cache write for 5 minutes, US dollars per million tokens")),
            AmountField(self._theme, self.tr("Cache write for 1 hour, US dollars per million tokens")),
            AmountField(self._theme, self.tr("Cache read, US dollars per million tokens")),
        ]
        self._name = QLineEdit(maxLength=100)
        self._name.setAccessibleName(self.tr("Name"))
        self._window = _CountField(self.tr("Context, in tokens"))
        self._longest = _CountField(self.tr("Longest answer, in tokens"))
        self._tier = DropDown()
        self._tier.setAccessibleName(self.tr("Pictures"))
        edges = {name: tier.max_edge for name, tier in self._catalog.tiers.items()}
        sizes = [self.tr("up to %1 px").replace("%1", str(edges[name])) for name in _TIERS[1:]]
        self._tier.addItems([self.tr("As assumed"), *sizes])
        self._said = Label(self._theme, role="secondary", tone="secondary", wraps=True)
        self._cancel, self._save = QPushButton(self.tr("Cancel")), QPushButton(self.tr("Save"))
        self._cancel.setProperty("kind", "plain")
        self._save.setProperty("kind", "primary")
        self._save.setDefault(True)

    def _lay_out(self) -> None:
        self._form = QWidget()
        column = QVBoxLayout(self._form)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, 12)
        column.setSpacing(12)
        column.addWidget(Label(self._theme, self.tr("Price of a model"), role="heading", weight=600))
        column.addWidget(self._id)
        column.addWidget(self._known)
        column.addWidget(Label(self._theme, self.tr("US dollars per million tokens"), weight=500))
        prices = [self.tr("Input"), self.tr("Output"), *map(cache_words, CACHE_KINDS)]
        column.addLayout(self._grid(list(zip(prices, (self._input, self._output, *self._cache), strict=True))))
        note = self.tr("What is empty follows from the input price, as the cache's prices usually do.")
        column.addWidget(Label(self._theme, note, role="secondary", tone="secondary", wraps=True))
        column.addWidget(self._make_rest())
        column.addWidget(self._said)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(_MARGIN, 0, _MARGIN, _MARGIN)
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._save)
        self._buttons = buttons
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._form)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addLayout(buttons)

    def _make_rest(self) -> QWidget:
        """What is to be known of a model that is not in the table."""
        self._rest = QWidget()
        rows = QVBoxLayout(self._rest)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addWidget(Label(self._theme, self.tr("The model, as far as you know it"), weight=500))
        rows.addLayout(
            self._grid(
                [
                    (self.tr("Name"), self._name),
                    (self.tr("Context, in tokens"), self._window),
                    (self.tr("Longest answer, in tokens"), self._longest),
                    (self.tr("Pictures"), self._tier),
                ]
            )
        )
        return self._rest

    def _grid(self, rows: Sequence[tuple[str, QWidget]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for row, (caption, field) in enumerate(rows):
            field.setFixedWidth(self._theme.px(_FIELD))
            grid.addWidget(Label(self._theme, caption), row, 0)
            grid.addWidget(field, row, 1)
        return grid

    def _connect(self) -> None:
        for field in (self._id, self._input, self._output, *self._cache, self._window, self._longest):
            field.textChanged.connect(self._follow)
        self._cancel.clicked.connect(self.reject)
        self._save.clicked.connect(self.accept)

    # --- what is shown ---

    def _show(self, model_id: str) -> None:
        own = self._own
        self._id.setText(model_id)
        self._id.setCursorPosition(0)
        self._id.setReadOnly(own is not None)
        if own is not None:
            for field, kind in zip(self._fields, Prices._fields, strict=True):
                field.set_amount(getattr(own, kind))
            self._name.setText(own.name)
            self._window.set_count(own.context_window)
            self._longest.set_count(own.max_output)
            self._tier.setCurrentIndex(_TIERS.index(own.tier))
        (self._input if model_id else self._id).setFocus()
        self._input.selectAll()

    @property
    def _fields(self) -> tuple[AmountField, ...]:
        return self._input, self._output, *self._cache

    @property
    def _model(self) -> Model:
        return self._catalog.get(self._id.text().strip())

    def _follow(self) -> None:
        """What was typed says more: show what follows from it, and what is still wrong or missing."""
        model = self._model
        if not self._id.text().strip():
            self._known.setText(self.tr("One that we know gets your price in place of ours; another is added."))
        elif model.known:
            words = self.tr("%1. In our table: %2.").replace("%1", model.name)
            self._known.setText(words.replace("%2", price_words(model)))
        else:
            self._known.setText(self.tr("It is not in our table."))
        self._rest.setVisible(bool(self._id.text().strip()) and not model.known)
        paid = self._input.amount
        for field, kind in zip(self._cache, CACHE_KINDS, strict=True):
            follows = self._catalog.usual(kind, paid) if paid is not None else None
            words = "" if follows is None else self.tr("usually %1")
            field.setPlaceholderText(words.replace("%1", shown_amount(follows or Decimal(0))))
        fault = self._fault()
        self._said.setText(fault)
        self._said.setVisible(bool(fault))
        self._save.setEnabled(not fault and self._is_whole)
        self._fit()

    def _fit(self) -> None:
        """As high as what is asked needs, and no higher than the screen: larger text is scrolled."""
        room = self.screen().availableGeometry().size() - _FRAME
        width = min(self._theme.px(_WIDTH), room.width())
        layout = self._form.layout()
        wanted = (layout.totalHeightForWidth(width) if layout else 0) + self._buttons.totalSizeHint().height()
        self.setFixedSize(width, min(wanted, room.height()))

    def _fault(self) -> str:
        """What cannot be read; nothing while it is only missing."""
        if any(not field.is_readable for field in self._fields):
            return self.tr("A price cannot be read. Write it like 2.50.")
        if any((field.amount or 0) >= _MOST for field in self._fields):
            return self.tr("A price is too high: it is for a million tokens.")
        if any(not field.is_readable for field in (self._window, self._longest)):
            return self.tr("A number of tokens cannot be read. Write it like 200000.")
        return ""

    @property
    def _is_whole(self) -> bool:
        return bool(self._id.text().strip()) and None not in (self._input.amount, self._output.amount)

    # --- Qt ---

    def accept(self) -> None:
        paid, made = self._input.amount, self._output.amount
        if self._fault() or not self._is_whole or paid is None or made is None:
            return
        write_5m, write_1h, read = (field.amount for field in self._cache)
        own = replace(
            self._own or OwnPrice(paid, made),
            input=paid,
            output=made,
            cache_write_5m=write_5m,
            cache_write_1h=write_1h,
            cache_read=read,
        )
        if not self._model.known:
            own = replace(
                own,
                name=one_line(self._name.text()),
                context_window=self._window.count,
                max_output=self._longest.count,
                tier=_TIERS[self._tier.currentIndex()],
            )
        self.chosen.emit(self._model.id if self._own is None else self._id.text(), own)
        super().accept()


class _CountField(QLineEdit):
    """A number of tokens, or nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(placeholderText=translate("OwnPriceDialog", "not known"), maxLength=13)
        self.setAccessibleName(name)

    @property
    def is_readable(self) -> bool:
        digits = self._digits
        return not digits or (digits.isascii() and digits.isdigit() and 0 < int(digits) <= 1_000_000_000)

    @property
    def count(self) -> int | None:
        return int(self._digits) if self._digits and self.is_readable else None

    def set_count(self, count: int | None) -> None:
        self.setText("" if count is None else str(count))

    @property
    def _digits(self) -> str:
        """Without what people group digits by."""
        return "".join(self.text().split()).replace(",", "").replace(".", "").replace("_", "").replace("’", "")


def cache_words(kind: str) -> str:
    """A price of the cache."""
    return {
        "cache_write_5m": translate("OwnPriceDialog", "Cache write, 5 minutes"),
        "cache_write_1h": translate("OwnPriceDialog", "Cache write, 1 hour"),
        "cache_read": translate("OwnPriceDialog", "Cache read"),
    }[kind]
