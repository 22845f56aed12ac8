"""The chart of the ledger: cost by day, month or year, stacked by model; each bar told in words too.

A bar is pointed at with the mouse or with the arrow keys; its figures then stand above the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QDate, QEvent, QLocale, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.core.ledger import Group
from app.ui import figures
from app.ui.foreign_text import one_line
from app.ui.ledger import words
from app.ui.ledger.bars import OTHERS, Bar, Bars, scale, stacked
from app.ui.ledger.words import Namer
from app.ui.theme import RADIUS, Theme

LIGHT_SERIES: Final = ("#4A56CF", "#E07800", "#06544B", "#923B90", "#5294DF", "#7A3B00")
DARK_SERIES: Final = ("#97A0FF", "#FFA835", "#85C68C", "#F2B3D2", "#387BAB", "#C86F44")
"""Neighbours differ in lightness besides hue, so that they can be told apart without red and green as well."""
LIGHT_OTHERS: Final = "#959086"
DARK_OTHERS: Final = "#716E68"

_HEIGHT: Final = 216
_LEAST: Final = 132
_MARGIN: Final = 12
_WIDEST: Final = 40
"""Pixels of a bar."""
_DOT: Final = 8


class CostChart(QWidget):
    def __init__(self, theme: Theme, named: Namer) -> None:
        super().__init__()
        self._theme = theme
        self._named = named
        self._nothing = self.tr("Nothing was spent in this time.")
        self._bars = Bars("day", (), ())
        self._pointed = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Cost by day, stacked by model"))
        theme.changed.connect(self._restyle)
        self._tell()

    def show_groups(self, groups: Sequence[Group], first: date | None, last: date | None, *, nothing: str = "") -> None:
        """Show groups by day and model, from `first` to `last` where they are given.

        `nothing` is said where there are none, in place of that nothing was spent.
        """
        self._nothing = nothing or self.tr("Nothing was spent in this time.")
        pointed = self._bars.bars[self._pointed].begins if self._pointed >= 0 else None
        self._bars = stacked(groups, first, last)
        begins = [bar.begins for bar in self._bars.bars]
        self._pointed = begins.index(pointed) if pointed in begins else -1
        self._tell()
        self.update()

    @property
    def pointed(self) -> int:
        """The bar whose figures are told, -1 for all together."""
        return self._pointed

    def point_at(self, number: int) -> None:
        """Tell a bar's figures; -1 for all together."""
        if number != self._pointed:
            self._pointed = number
            self._tell()
            self.update()

    # --- words ---

    def _tell(self) -> None:
        self.setAccessibleDescription(self.description)

    @property
    def description(self) -> str:
        """The chart in words, or the bar that is pointed at."""
        bars = self._bars.bars
        if self._pointed >= 0:
            return ", ".join(self._lines(bars[self._pointed]))
        if not self._bars.top:
            return self._nothing
        most = max(bars, key=lambda bar: bar.whole)
        text = self.tr("From %1 to %2: %3 together. The most, %4, was spent on %5.")
        sums = [sum((bar.parts[at] for bar in bars), Decimal(0)) for at in range(len(self._bars.series))]
        for mark, value in (
            ("%1", self._long(bars[0].begins)),
            ("%2", self._long(bars[-1].begins)),
            ("%3", words.money(sum(sums, Decimal(0)), exact=all(bar.exact for bar in bars))),
            ("%4", words.money(most.whole, exact=most.exact)),
            ("%5", self._long(most.begins)),
        ):
            text = text.replace(mark, value)
        each = [f"{self._name(at)} {words.money(cost)}" for at, cost in enumerate(sums)]
        return f"{text} {', '.join(each)}."

    def _lines(self, bar: Bar) -> list[str]:
        parts = [f"{self._name(at)} {words.money(part)}" for at, part in enumerate(bar.parts) if part]
        return [f"{self._long(bar.begins)}: {words.money(bar.whole, exact=bar.exact)}", *parts]

    def _caption(self) -> str:
        bars = self._bars.bars
        if self._pointed >= 0:
            return "  ·  ".join(self._lines(bars[self._pointed]))
        return {
            "day": self.tr("Cost by day"),
            "month": self.tr("Cost by month"),
            "year": self.tr("Cost by year"),
        }[self._bars.step]

    def _name(self, series: int) -> str:
        model = self._bars.series[series]
        return self.tr("Others") if model == OTHERS else one_line(self._named(model)) or self.tr("No model")

    def _long(self, day: date) -> str:
        pattern = {"day": "d MMMM yyyy", "month": "MMMM yyyy", "year": "yyyy"}[self._bars.step]
        return QLocale().toString(QDate(day.year, day.month, day.day), pattern)

    def _short(self, day: date) -> str:
        pattern = {"day": "d MMM", "month": "MMM yyyy", "year": "yyyy"}[self._bars.step]
        return QLocale().toString(QDate(day.year, day.month, day.day), pattern)

    # --- places ---

    def _plot(self) -> QRect:
        """Where the bars stand."""
        line = self._theme.line("caption")
        axis = max((self._advance(_round(amount)) for amount in scale(self._bars.top)), default=0)
        above, below = _MARGIN + self._theme.line("secondary") + 12, _MARGIN + 2 * line + 12
        return self.rect().adjusted(_MARGIN + axis + 8, above, -_MARGIN, -below)

    def _advance(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)

    def _slot(self, plot: QRect, number: int) -> QRectF:
        """The part of the plot that belongs to a bar, gaps included."""
        wide = plot.width() / max(1, len(self._bars.bars))
        place = number if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else -1 - number
        left = plot.left() if place >= 0 else plot.left() + plot.width()
        return QRectF(left + place * wide, plot.top(), wide, plot.height())

    def bar_at(self, at: QPointF) -> int:
        """The bar at a place, -1 beside them."""
        plot = self._plot()
        if not plot.adjusted(0, -8, 0, 2 * self._theme.line("caption")).contains(at.toPoint()):
            return -1
        return next((n for n in range(len(self._bars.bars)) if self._slot(plot, n).left() <= at.x()
                     < self._slot(plot, n).right()), -1)  # fmt: skip

    def color(self, series: int) -> QColor:
        dark = self._theme.tokens.dark
        if self._bars.series[series] == OTHERS:
            return QColor(DARK_OTHERS if dark else LIGHT_OTHERS)
        return QColor((DARK_SERIES if dark else LIGHT_SERIES)[series])

    # --- painting ---

    def _restyle(self) -> None:
        self.setFont(self._theme.font("caption"))
        self.updateGeometry()
        self.update()

    def _paint_card(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setPen(QColor(tokens.accent if self.hasFocus() else tokens.line))
        painter.setBrush(QColor(tokens.surface))
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(edge, RADIUS["card"], RADIUS["card"])

    def _paint_caption(self, painter: QPainter) -> None:
        place = self.rect().adjusted(_MARGIN + 4, _MARGIN, -_MARGIN - 4, 0)
        place.setHeight(self._theme.line("secondary"))
        painter.setFont(self._theme.font("secondary", 500))
        painter.setPen(QColor(self._theme.tokens.text))
        text = painter.fontMetrics().elidedText(self._caption(), Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, _leading(self), text)

    def _paint_scale(self, painter: QPainter, plot: QRect, lines: Sequence[Decimal]) -> None:
        tokens = self._theme.tokens
        painter.setFont(self._theme.font("caption"))
        for amount in (Decimal(0), *lines):
            y = plot.bottom() - round(plot.height() * amount / lines[-1])
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(plot.left(), y, plot.right(), y)
            painter.setPen(QColor(tokens.text2))
            label = QRect(0, y - 10, plot.left() - 8, 20)
            painter.drawText(label, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter),
                             _round(amount))  # fmt: skip

    def _paint_bars(self, painter: QPainter, plot: QRect, top: Decimal) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for number, bar in enumerate(self._bars.bars):
            slot = self._slot(plot, number)
            if number == self._pointed:
                painter.fillRect(slot, QColor(self._theme.tokens.soft))
            wide = min(_WIDEST, max(2.0, slot.width() * 0.72))
            left, foot = slot.center().x() - wide / 2, plot.bottom()
            below = Decimal(0)
            for series, part in enumerate(bar.parts):
                if not part:
                    continue
                low = foot - float(plot.height() * below / top)
                below += part
                high = foot - float(plot.height() * below / top)
                # What was spent is to be seen, be it little; a line of the ground keeps neighbours apart.
                tall = max(1.0, low - high)
                gap = 1.0 if tall > 3 and series else 0.0
                painter.fillRect(QRectF(left, low - tall, wide, tall - gap), self.color(series))

    def _paint_days(self, painter: QPainter, plot: QRect) -> None:
        """As many names under the bars as have room."""
        painter.setFont(self._theme.font("caption"))
        painter.setPen(QColor(self._theme.tokens.text2))
        bars = self._bars.bars
        widest = max(painter.fontMetrics().horizontalAdvance(self._short(bar.begins)) for bar in bars)
        each = max(1, -(-(widest + 16) * len(bars) // max(1, plot.width())))
        for number in range(len(bars) - 1, -1, -each):
            middle = round(self._slot(plot, number).center().x())
            left = min(max(middle - widest // 2 - 4, 4), self.width() - widest - 12)
            place = QRect(left, plot.bottom() + 6, widest + 8, self._theme.line("caption"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self._short(bars[number].begins))

    def _paint_legend(self, painter: QPainter) -> None:
        """The models, the dearest first; what has no room is told by the words above and by the tooltip."""
        line = self._theme.line("caption")
        place = self.rect().adjusted(_MARGIN + 4, 0, -_MARGIN - 4, -_MARGIN)
        place.setTop(place.bottom() - line)
        painter.setFont(self._theme.font("caption"))
        right_to_left = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        used = 0
        for series in range(len(self._bars.series)):
            room = place.width() - used - _DOT - 6
            name = painter.fontMetrics().elidedText(
                self._name(series), Qt.TextElideMode.ElideMiddle, self._theme.px(180)
            )
            wide = painter.fontMetrics().horizontalAdvance(name)
            if wide > room:
                break
            start = place.right() - used - _DOT if right_to_left else place.left() + used
            dot = QRect(start, place.center().y() - _DOT // 2, _DOT, _DOT)
            painter.fillRect(dot, self.color(series))
            painter.setPen(QColor(self._theme.tokens.text2))
            left = start - 6 - wide if right_to_left else start + _DOT + 6
            painter.drawText(QRect(left, place.top(), wide + 2, line), Qt.AlignmentFlag.AlignVCenter, name)
            used += _DOT + 6 + wide + 16

    # --- Qt ---

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_card(painter)
        self._paint_caption(painter)
        lines, plot = scale(self._bars.top), self._plot()
        if lines:
            self._paint_scale(painter, plot, lines)
            self._paint_bars(painter, plot, lines[-1])
            self._paint_days(painter, plot)
            self._paint_legend(painter)
        else:
            painter.setFont(self._theme.font("secondary"))
            painter.setPen(QColor(self._theme.tokens.text2))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._nothing)
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(480, self._theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self._theme.px(_LEAST))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.point_at(self.bar_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(-1)
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.point_at(-1)
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._bars.bars) - 1
        step = 1 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else -1
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right if last >= 0:
                step = step if event.key() == Qt.Key.Key_Right else -step
                start = self._pointed if self._pointed >= 0 else (last + 1 if step < 0 else last - 1)
                self.point_at(max(0, min(last, start + step)))
            case Qt.Key.Key_Home if last >= 0:
                self.point_at(0)
            case Qt.Key.Key_End if last >= 0:
                self.point_at(last)
            case Qt.Key.Key_Escape if self._pointed >= 0:
                self.point_at(-1)
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.bar_at(QPointF(event.pos()))
            text = "\n".join(self._lines(self._bars.bars[number])) if number >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def _round(amount: Decimal) -> str:
    """An amount of the scale, without zeros that say nothing."""
    exponent = amount.normalize().as_tuple().exponent
    return figures.dollars(amount, digits=max(2, -exponent) if isinstance(exponent, int) else 4)


def _leading(widget: QWidget) -> int:
    right_to_left = widget.layoutDirection() == Qt.LayoutDirection.RightToLeft
    side = Qt.AlignmentFlag.AlignRight if right_to_left else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
