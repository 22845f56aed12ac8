"""One answer in detail: its bill item by item, what was promised, what the cache did, how it ended, and its ids."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QDateTime, QLocale, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QHideEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.core import bill
from app.core.bill import Bill, Item
from app.core.catalog import Model
from app.core.message import Message
from app.core.server import PRACTICE
from app.ui import cache_words, figures
from app.ui.label import ElidedLabel, Label
from app.ui.model_words import rate
from app.ui.theme import RADIUS, SPACE, Theme, Tokens

_WIDTH: Final = 440
"""Pixels."""
_GAP: Final = 4
"""Pixels between the popup and the line it belongs to."""


class BillDetails(QWidget):
    """A popup. Esc or a press outside closes it; it deletes itself then."""

    def __init__(self, theme: Theme, answer: Message, model: Model, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self._answer = answer
        self._model = model
        self._opener: QWidget | None = None
        self.setObjectName("popup")
        self.setAccessibleName(self.tr("Details of the answer"))
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # its corners are round
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4 * SPACE, 3 * SPACE, 4 * SPACE, 3 * SPACE)
        self._column.setSpacing(2 * SPACE)
        known = bill.of(answer, model)
        if known is not None:
            if answer.server == PRACTICE:
                self._add_note(self.tr("Practice: nothing was charged. With a key it would have cost this."))
            self._add_table(known)
            if known.repriced:
                self._add_note(self.tr("Prices have changed since: the total is what was charged then."))
            self._add_rule()
        self._add_facts(known)

    def open_at(self, line: QWidget) -> None:
        """Show the bill above the line that it explains, or below where there is no room."""
        self._opener = line
        self._open(QRect(line.mapToGlobal(QPoint(0, 0)), line.size()), line.screen().availableGeometry())

    def open_by(self, at: QPoint, back: QWidget) -> None:
        """Show it by a point of the screen, where a menu was; the focus goes back to `back`."""
        self._opener = back
        self._open(QRect(at, QSize(0, 0)), back.screen().availableGeometry())

    def _open(self, place: QRect, room: QRect) -> None:
        width = min(self._theme.px(_WIDTH), room.width())
        self.setFixedWidth(width)
        layout = self.layout()
        height = layout.heightForWidth(width) if layout is not None and layout.hasHeightForWidth() else -1
        height = max(height, self.sizeHint().height())
        above = place.top() - _GAP - height
        y = above if above >= room.top() else min(place.top() + place.height() + _GAP, room.bottom() - height)
        x = max(room.left(), min(place.left() - 4 * SPACE, room.right() - width))
        self.setGeometry(QRect(x, max(room.top(), y), width, height))
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    # --- the parts ---

    def _add_table(self, known: Bill) -> None:
        about = "" if known.exact else "≈ "
        table = QGridLayout()
        table.setHorizontalSpacing(4 * SPACE)
        table.setVerticalSpacing(SPACE)
        table.setColumnStretch(0, 1)
        heads = (self.tr("Item"), self.tr("Tokens"), self.tr("$ per million"), self.tr("Amount"))
        self._put(table, 0, heads, tone_of_all=True)
        row = 1
        for row, line in enumerate(known.lines, 1):
            guessed = about if line.item == "output" else ""
            cells = (self._item(line.item), guessed + figures.count(line.tokens), rate(line.price)[1:])
            self._put(table, row, (*cells, guessed + figures.dollars(line.amount, digits=4)))
        table.addWidget(self._rule(), row + 1, 0, 1, 4)
        total = self.tr("not known") if known.total is None else about + figures.dollars(known.total, digits=4)
        self._put(table, row + 2, (self.tr("Total"), "", "", total), weight=600)
        self._column.addLayout(table)

    def _put(
        self, table: QGridLayout, row: int, cells: tuple[str, ...], *, weight: int = 400, tone_of_all: bool = False
    ) -> None:
        for column, text in enumerate(cells):
            secondary = tone_of_all or column in (1, 2)
            label = Label(self._theme, text, role="caption", weight=weight, tone="secondary" if secondary else "text")
            if column:
                label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.addWidget(label, row, column)

    def _add_facts(self, known: Bill | None) -> None:
        facts = QGridLayout()
        facts.setHorizontalSpacing(4 * SPACE)
        facts.setVerticalSpacing(SPACE)
        facts.setColumnStretch(1, 1)
        told = [*(self._of_money(known) if known else ()), *self._of_answer(known)]
        for row, (name, value) in enumerate(told):
            facts.addWidget(self._name(name), row, 0, Qt.AlignmentFlag.AlignTop)
            facts.addWidget(Label(self._theme, value, role="caption", wraps=True), row, 1)
        for row, (name, value, hint) in enumerate(self._ids(), len(told)):
            facts.addWidget(self._name(name), row, 0)
            facts.addLayout(self._copyable(value, hint), row, 1)
        self._column.addLayout(facts)

    def _name(self, words: str) -> Label:
        return Label(self._theme, words, role="caption", tone="secondary")

    def _of_money(self, known: Bill) -> Iterator[tuple[str, str]]:
        if known.promised is not None:
            promised = figures.about(known.promised)
            yield self.tr("Expected"), promised if known.off is None else f"{promised}; {self._off(known.off)}"
        if known.saved:
            yield self.tr("Caching"), self._saved(known.saved)
        if known.missed is not None:
            words = cache_words.sentence(known.missed, self._answer.ttl)
            if known.extra:
                words += " " + self.tr("That cost %1 more.").replace("%1", figures.about(known.extra))
            yield self.tr("Cache missed"), words
        elif not known.cached and known.prompt_tokens < self._model.min_cacheable:
            words = self.tr("Not used: this model caches prompts from %1 tokens on.")
            yield self.tr("Caching"), words.replace("%1", figures.count(self._model.min_cacheable))

    def _off(self, off: Decimal) -> str:
        share = abs(off) * 100
        if share < Decimal("0.05"):
            return self.tr("it came to just that")
        words = self.tr("it came to %1 % more") if off > 0 else self.tr("it came to %1 % less")
        return words.replace("%1", f"{share:.1f}")

    def _saved(self, saved: Decimal) -> str:
        amount = figures.dollars(abs(saved))
        if saved > 0:
            return self.tr("saved %1 of what the prompt would have cost").replace("%1", amount)
        return self.tr("cost %1 more than without: what is written now pays when it is read").replace("%1", amount)

    def _of_answer(self, known: Bill | None) -> Iterator[tuple[str, str]]:
        answer = self._answer
        name = self._model.name
        yield self.tr("Model"), name if name == answer.model else f"{name} ({answer.model})"
        if known is not None and not known.lines:
            yield self.tr("Tokens"), self._counted(known)
        moment = QDateTime.fromSecsSinceEpoch(round(answer.created))
        when = f"{QLocale().toString(moment.date(), 'd MMM yyyy')} {QLocale().toString(moment.time(), 'HH:mm')}"
        took = self.tr("%1, took %2 s").replace("%2", _seconds(answer.seconds))
        yield self.tr("Asked"), took.replace("%1", when) if answer.seconds else when
        if answer.thought:
            yield self.tr("Thought"), self.tr("%1 s").replace("%1", _seconds(answer.thought))
        yield self.tr("Ended"), self._ending()

    def _counted(self, known: Bill) -> str:
        """What a model without known prices was told and said."""
        usage = self._answer.usage
        words = self.tr("%1 in, %2 of it cached; %3 out") if known.cached else self.tr("%1 in; %3 out")
        words = words.replace("%1", figures.count(known.prompt_tokens)).replace("%2", figures.count(known.cached))
        return words.replace("%3", figures.count(usage.output_tokens if usage is not None else 0))

    def _ending(self) -> str:
        match self._answer.state:
            case "stopped":
                return self.tr("stopped by you")
            case "interrupted" | "failed":
                return self.tr("broke off")
        reason = self._answer.stop_reason or ""
        known = {
            "end_turn": self.tr("the answer is whole"),
            "stop_sequence": self.tr("the answer is whole"),
            "max_tokens": self.tr("cut at the limit of tokens"),
            "refusal": self.tr("the model declined"),
        }
        return f"{known[reason]} ({reason})" if reason in known else reason or self.tr("not said")

    def _ids(self) -> Iterator[tuple[str, str, str]]:
        """What an id is of, the id, and the words of its Copy."""
        if self._answer.request_id:
            yield self.tr("Request"), self._answer.request_id, self.tr("Copy the request's id")
        if self._answer.api_id:
            yield self.tr("Message"), self._answer.api_id, self.tr("Copy the message's id")

    def _copyable(self, value: str, hint: str) -> QHBoxLayout:
        shown = ElidedLabel(self._theme, most=_WIDTH, role="caption")
        shown.set_whole(value)
        flags = Qt.TextInteractionFlag
        shown.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        copy = QToolButton()
        copy.setProperty("kind", "action")
        copy.setIcon(self._theme.icon("copy"))
        copy.setToolTip(hint)
        copy.setAccessibleName(hint)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(value))
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(shown, 1)
        row.addWidget(copy)
        return row

    def _item(self, item: Item) -> str:
        match item:
            case "input":
                return self.tr("Input")
            case "cache_write_5m":
                return self.tr("Cache write, 5 minutes")
            case "cache_write_1h":
                return self.tr("Cache write, 1 hour")
            case "cache_read":
                return self.tr("Cache read")
            case "output":
                thought = self._answer.usage.thinking_tokens if self._answer.usage else 0
                words = self.tr("Output, %1 of it thinking") if thought else self.tr("Output")
                return words.replace("%1", figures.count(thought))

    def _add_note(self, words: str) -> None:
        self._column.addWidget(Label(self._theme, words, role="caption", tone="secondary", wraps=True))

    def _add_rule(self) -> None:
        self._column.addWidget(self._rule())

    def _rule(self) -> QFrame:
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedHeight(1)
        rule.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return rule

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._opener is not None:
            self._opener.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        tokens: Tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["card"], RADIUS["card"])
        painter.end()


def _seconds(seconds: float) -> str:
    return QLocale().toString(seconds, "f", 1)
