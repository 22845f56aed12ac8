"""The list that the model picker opens: every model one can choose, with prices, size of pictures and end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.conversation.account import Account
from app.conversation.messages import Index
from app.core.catalog import Catalog, Model
from app.ui.foreign_text import one_line
from app.ui.theme import RADIUS, Theme

_MODEL: Final = int(Qt.ItemDataRole.UserRole)
_NOTE: Final = _MODEL + 1
_WIDTH: Final = 400
_HEIGHT: Final = 520
_ROW: Final = 48
_HEADING: Final = 32
_GAP: Final = 4


class ModelList(QWidget):
    """A popup. Arrows and letters move, Enter or a click chooses, Esc closes.

    Signals:
        chosen(str): the id of a model.
        refresh_requested(): ask the server which models it has.
    """

    chosen = Signal(str)
    refresh_requested = Signal()

    def __init__(self, theme: Theme, account: Account, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self._account = account
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # its corners are round
        self._rows = QStandardItemModel(self)
        self._view = _View(theme)
        self._view.setModel(self._rows)
        self._view.chosen.connect(self._choose)
        self._ask = QPushButton(self.tr("Ask the server for its models"))
        self._ask.setProperty("kind", "quiet")
        self._ask.clicked.connect(self._refresh)
        self._rule = QFrame()
        self._rule.setObjectName("rule")
        self._rule.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(_GAP, _GAP, _GAP, _GAP)
        column.setSpacing(_GAP)
        column.addWidget(self._view, 1)
        column.addWidget(self._rule)
        column.addWidget(self._ask, 0, Qt.AlignmentFlag.AlignLeft)

    def open_under(self, button: QWidget, current: Model, today: date) -> None:
        """Show the list below a button, with the model that answers now selected."""
        self._fill(current, today)
        for part in (self._rule, self._ask):
            part.setVisible(self._account.connected and not self._account.practice)
        corner = button.mapToGlobal(QPoint(0, button.height() + 4))
        room = button.screen().availableGeometry()
        height = min(self._wanted_height(), room.bottom() - corner.y() - 8)
        width = min(self._theme.px(_WIDTH), room.width())
        left = max(room.left(), min(corner.x(), room.right() - width))
        self.setGeometry(QRect(QPoint(left, corner.y()), QSize(width, max(height, self._theme.px(_ROW) * 2))))
        self.show()
        self._view.setFocus()

    def _fill(self, current: Model, today: date) -> None:
        self._rows.clear()
        for heading, models in self._groups(current, today):
            if not models:
                continue
            title = QStandardItem(heading)
            title.setFlags(Qt.ItemFlag.NoItemFlags)
            self._rows.appendRow(title)
            for model in models:
                row = QStandardItem(model.name)
                row.setData(model, _MODEL)
                row.setData(self._note(model, today), _NOTE)
                row.setAccessibleDescription(f"{price_words(model)}, {self._note(model, today)}")
                row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self._rows.appendRow(row)
                if model.id == current.id:
                    self._view.setCurrentIndex(row.index())

    def _groups(self, current: Model, today: date) -> list[tuple[str, list[Model]]]:
        catalog: Catalog = self._account.catalog
        models = list(catalog.offered(today))
        newest = newest_of_lines(models)
        own = [model for model in models if not model.known]
        if current.id not in {model.id for model in models}:
            own.insert(0, current)
        return [
            (self.tr("Models"), newest),
            (self.tr("Other models"), own),
            (self.tr("Earlier models"), [m for m in models if m.known and m not in newest]),
        ]

    def _note(self, model: Model, today: date) -> str:
        if model.known:
            notes = [self.tr("pictures up to %1 px").replace("%1", str(model.tier.max_edge))]
        else:
            notes = [self.tr("not in our price list")]
        if words := retirement_words(model, today):
            notes.append(words)
        return " · ".join(notes)

    def _wanted_height(self) -> int:
        rows = sum(self._view.sizeHintForRow(row) for row in range(self._rows.rowCount()))
        ask = self._ask.sizeHint().height() + 1 + 2 * _GAP if self._ask.isVisibleTo(self) else 0
        return min(rows + ask + 2 * _GAP + 2, self._theme.px(_HEIGHT))

    def _choose(self, model: Model) -> None:
        self.close()
        self.chosen.emit(model.id)

    def _refresh(self) -> None:
        self.close()
        self.refresh_requested.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.tokens.line))
        painter.setBrush(QColor(self._theme.tokens.surface))
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(edge, RADIUS["control"], RADIUS["control"])
        painter.end()


class _View(QListView):
    """Signals:
    chosen(Model): by a click or Enter.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Models"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setItemDelegate(_Row(theme, self))
        self.clicked.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        if isinstance(model := index.data(_MODEL), Model):
            self.chosen.emit(model)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)


class _Row(QStyledItemDelegate):
    """Name and prices, under them what else is to be known; or a heading."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = self._theme.tokens
        model = index.data(_MODEL)
        area = option.rect.adjusted(8, 0, -8, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not isinstance(model, Model):
            painter.setFont(self._theme.font("caption", 500))
            painter.setPen(QColor(tokens.text2))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, str(index.data()))
            painter.restore()
            return
        state = option.state
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            selected = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.soft if selected else tokens.hover))
            painter.drawRoundedRect(option.rect, 6, 6)
        self._paint_words(painter, area, model, str(index.data(_NOTE)))
        painter.restore()

    def _paint_words(self, painter: QPainter, area: QRect, model: Model, note: str) -> None:
        tokens, middle = self._theme.tokens, area.center().y()
        upper = QRect(area.left(), area.top(), area.width(), middle - area.top() + self._theme.px(2))
        lower = QRect(area.left(), upper.bottom(), area.width(), area.bottom() - upper.bottom())
        flags = Qt.AlignmentFlag
        painter.setFont(self._theme.font("caption"))
        painter.setPen(QColor(tokens.text2))
        price = price_words(model)
        painter.drawText(upper, flags.AlignRight | flags.AlignBottom, price)
        left = area.width() - painter.fontMetrics().horizontalAdvance(price) - 12
        note = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(lower, flags.AlignLeft | flags.AlignTop, note)
        font = self._theme.font("secondary", 500)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text))
        name = QFontMetrics(font).elidedText(one_line(model.name), Qt.TextElideMode.ElideMiddle, left)
        painter.drawText(upper, flags.AlignLeft | flags.AlignBottom, name)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        is_model = isinstance(index.data(_MODEL), Model)
        return QSize(0, self._theme.px(_ROW if is_model else _HEADING))


def newest_of_lines(models: list[Model]) -> list[Model]:
    """The first model of each line ("opus", "sonnet", …): the catalog has the newest first."""
    newest: dict[str, Model] = {}
    for model in models:
        if model.known:
            newest.setdefault(model.line, model)
    return list(newest.values())


def price_words(model: Model) -> str:
    """US dollars per million tokens in and out: "$2 / $10"; "–" where they are not known."""
    if model.prices is None:
        return "–"
    return f"{_price(model.prices.input)} / {_price(model.prices.output)}"


def retirement_words(model: Model, today: date) -> str:
    """When the model stops, as far as that is known and near; empty while there is nothing to tell."""
    retirement = model.retirement(today)
    if retirement is None:
        return ""
    tr = QCoreApplication.translate
    day = _day(retirement.day) if retirement.day is not None else ""
    match retirement.kind:
        case "retired":
            words = tr("ModelList", "retired %1") if day else tr("ModelList", "retired")
        case "announced":
            words = tr("ModelList", "retires %1")
        case "possible":
            is_past = retirement.day is not None and retirement.day <= today
            words = tr("ModelList", "may retire any day") if is_past else tr("ModelList", "may retire from %1")
    return words.replace("%1", day)


def _day(day: date) -> str:
    return QLocale().toString(QDate(day.year, day.month, day.day), "d MMM yyyy")


def _price(amount: Decimal) -> str:
    """As "$2", "$0.50", "$0.025": cents where there are any, more digits only where they count."""
    if amount == amount.to_integral_value():
        return f"${amount:.0f}"
    return f"${amount:.2f}" if amount == round(amount, 2) else f"${amount.normalize():f}"
