"""A card that says what went wrong and what to do about it: in place, with a thin edge of the danger colour."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPixmap, QResizeEvent, QTextCharFormat
from PySide6.QtWidgets import (
    QAbstractButton,
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.repeats import Wait
from app.core.errors import ApiError, RequestRefused, VisavisError
from app.ui import errors
from app.ui.foreign_text import one_line, tip
from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.transcript.button_row import ButtonRow
from app.ui.transcript.text import SafeTextView

_EDGE: Final = 3
_WORDS: Final = 0.6
"""Of the width that the words keep beside the buttons; else those go below."""
_PICTURE: Final = QSize(72, 40)
"""Pixels that the picture beside the words has at most."""
_RAISED: Final = 3
"""Pixels by which buttons beside the words stand out above their first line."""
_LINKS: Final = 4
"""Pictures of which each has a button, where any may be to blame."""
_SMOOTH: Final = Qt.TransformationMode.SmoothTransformation


class Card(QWidget):
    """Words, buttons beside them, and technical details that unfold; without `danger` a plain line and no card.

    Signals:
        acted(str): the action of a button.
        dismissed(): its × was pressed.
    """

    acted = Signal(str)
    dismissed = Signal()

    def __init__(self, theme: Theme, *, danger: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._danger = danger
        self._offers_retry = False
        self.setAccessibleName(self.tr("Problem") if danger else self.tr("Note"))
        self._words = SafeTextView(theme, self)
        self._details = SafeTextView(theme, self)
        self._details.set_font(theme.font("caption"))
        self._details.hide()
        self._picture: QLabel | None = None
        self._buttons = ButtonRow(self)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(3 * SPACE)
        self._above = QVBoxLayout()
        self._above.setContentsMargins(0, 0, 0, 0)
        self._above.addWidget(self._words)
        self._row.addLayout(self._above, 1)
        self._row.addWidget(self._buttons, 0, Qt.AlignmentFlag.AlignTop)
        self._whole = QHBoxLayout()
        self._whole.setSpacing(3 * SPACE)
        self._whole.addLayout(self._row, 1)
        column = QVBoxLayout(self)
        if danger:
            column.setContentsMargins(4 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE + 2)
        else:
            column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        column.addLayout(self._whole)
        column.addWidget(self._details)

    @property
    def words(self) -> str:
        return self._words.plain

    @property
    def offers_retry(self) -> bool:
        return self._offers_retry

    def say(self, what: str, remedy: str = "", details: str = "") -> None:
        """Show a sentence, what to do, and details where there are any."""
        strong = QTextCharFormat()
        if self._danger:
            strong.setFontWeight(600)
        else:
            strong.setForeground(QColor(self._theme.tokens.text2))
        self._words.set_words((what, strong), f" {remedy}" if remedy else "")
        self._words.setAccessibleName(f"{what} {remedy}".strip())
        if details:
            self._details.set_words(details)
            self._details.setAccessibleName(self.tr("Details"))
            self._add_button(self.tr("Details"), "link").clicked.connect(self._fold)

    def show_picture(self, picture: QPixmap) -> None:
        """The picture that the words are about, small, before them."""
        if picture.isNull():
            return
        most = _PICTURE.scaled(
            self._theme.px(_PICTURE.width()), self._theme.px(_PICTURE.height()), Qt.AspectRatioMode.KeepAspectRatio
        )
        if picture.width() > most.width() or picture.height() > most.height():
            picture = picture.scaled(most, Qt.AspectRatioMode.KeepAspectRatio, _SMOOTH)
        painter = QPainter(picture)
        painter.setPen(QColor(self._theme.tokens.line))
        painter.drawRect(picture.rect().adjusted(0, 0, -1, -1))
        painter.end()
        self._picture = QLabel(self)
        self._picture.setPixmap(picture)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._whole.insertWidget(0, self._picture)
        self._place_buttons(self.width())

    def add_rest(self, price: str, asks: str = "") -> None:
        """A button that emits `acted` with "continue". What that costs is told where the button is looked at closer."""
        button = self.add_action("continue", asks=asks)
        words = self.tr("%1: ask for the rest").replace("%1", button.accessibleName())
        button.setToolTip(tip(f"{words} · {price}"))
        button.setAccessibleDescription(f"{self.tr('Asks for the rest')} · {price}")

    def add_action(self, action: str, number: int = 0, *, asks: str = "") -> QPushButton:
        """A button that emits `acted`; with a number, of one picture among several: it follows the action's name.

        `asks` is the model's name where another one would answer than did before: it may cost more.
        """
        self._offers_retry |= action == "retry"
        if number:
            words = self.tr("Leave out Image %1") if action == "remove" else self.tr("Replace Image %1…")
            button = self._add_button(words.replace("%1", str(number)), "plain")
            action = f"{action} {number}"
        else:
            button = self._add_button(self._label(action), "plain")
        if asks and action in {"retry", "continue"}:
            named = self.tr("Retry with %1") if action == "retry" else self.tr("Continue with %1")
            button.setAccessibleName(named.replace("%1", one_line(asks)))
            button.setToolTip(tip(button.accessibleName()))
        button.clicked.connect(lambda: self.acted.emit(action))
        return button

    def add_dismiss(self) -> None:
        button = QToolButton(self)
        button.setProperty("kind", "icon")
        button.setIcon(self._theme.icon("x"))
        button.setToolTip(self.tr("Dismiss"))
        button.setAccessibleName(self.tr("Dismiss"))
        button.clicked.connect(self.dismissed)
        self._add(button)

    def _add_button(self, words: str, kind: str) -> QPushButton:
        button = QPushButton(words, self)
        button.setProperty("kind", kind)
        button.setAccessibleName(words)
        self._add(button)
        return button

    def _add(self, button: QAbstractButton) -> None:
        self._buttons.add(button)
        button.show()
        self._place_buttons(self.width())

    def height_for(self, width: int) -> int:
        """Pixels that it needs at that width."""
        self._place_buttons(width)
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout is not None else 0

    def _place_buttons(self, width: int) -> None:
        """Beside the words, or below them where they would leave too little of the width."""
        taken = self._buttons.sizeHint().width() + self._row.spacing()
        if self._picture is not None:
            taken += self._picture.sizeHint().width() + self._row.spacing()
        directions = QBoxLayout.Direction
        below = taken > (1 - _WORDS) * width
        direction = directions.TopToBottom if below else directions.LeftToRight
        has_line = not below and taken > self._row.spacing()
        self._above.setContentsMargins(0, self._theme.px(_RAISED) if has_line else 0, 0, 0)
        if self._row.direction() != direction:
            self._row.setDirection(direction)
            self._row.setAlignment(self._buttons, Qt.AlignmentFlag(0) if below else Qt.AlignmentFlag.AlignTop)

    def _label(self, action: str) -> str:
        return {
            "retry": self.tr("Retry"),
            "continue": self.tr("Continue"),
            "key": self.tr("Enter a key"),
            "practice": self.tr("Try without a key"),
            "take_along": self.tr("New chat with the pictures"),
            "model": self.tr("Choose a model"),
            "settings": self.tr("Settings"),
            "attach": self.tr("Attach pictures"),
            "shrink": self.tr("Make it smaller"),
            "remove": self.tr("Leave it out"),
            "replace": self.tr("Replace it…"),
            "remove_all": self.tr("Leave them out"),
            "cancel": self.tr("Cancel"),
            "now": self.tr("Try now"),
            "raise_day": self.tr("Raise it…"),
            "raise_month": self.tr("Raise it…"),
            "raise_conversation": self.tr("Raise it…"),
            "price": self.tr("Enter its price…"),
        }[action]

    def _fold(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self.updateGeometry()

    # --- overrides of Qt ---

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_buttons(self.width())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._danger:
            return
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["tile"], RADIUS["tile"])
        painter.fillPath(shape, QColor(tokens.surface))
        painter.setPen(QColor(tokens.line))
        painter.drawPath(shape)
        painter.setClipPath(shape)
        painter.fillRect(0, 0, _EDGE, self.height(), QColor(tokens.danger))
        painter.end()


def blamed_picture(error: VisavisError) -> int:
    """The number of the picture that an error is about; 0 where it is about none, or about several."""
    if isinstance(error, ApiError):
        return error.picture
    if isinstance(error, RequestRefused):
        numbers = {offence.picture for offence in error.offences if offence.picture}
        return numbers.pop() if len(numbers) == 1 else 0
    return 0


def error_card(
    theme: Theme,
    error: VisavisError,
    *,
    can_retry: bool,
    rest: str | None = None,
    asks: str = "",
    thumbnail: Callable[[int], QPixmap] | None = None,
    parent: QWidget | None = None,
) -> Card:
    """What an error means. A retry is offered only where it can be done; `thumbnail` draws a picture by its number.

    `rest` is what the rest of the answer would cost, in words, where it can be asked for; `asks` see `Card.add_action`.
    """
    words = errors.words(error)
    card = Card(theme, parent=parent)
    if thumbnail is not None and (number := blamed_picture(error)):
        card.show_picture(thumbnail(number))
    card.say(words.what, words.remedy, words.details)
    if rest is not None:
        card.add_rest(rest, asks)
    for action in words.actions:
        if action != "retry" or can_retry:
            card.add_action(action, asks=asks)
    if isinstance(error, ApiError):
        for number in error.links[:_LINKS]:
            card.add_action("remove", number)
    return card


class WaitingCard(Card):
    """Counts down to a repeat. Emits `acted` with "cancel" or "now"."""

    def __init__(self, theme: Theme, wait: Wait, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        words = errors.words(wait.error)
        self._what = words.what
        self._until = wait.until
        self.say(self._what, self._todo(), words.details)
        self.add_action("cancel")
        self.add_action("now")
        self._tick = QTimer(self)
        self._tick.timeout.connect(self._count)
        self._tick.start(250)

    def _todo(self) -> str:
        left = max(1, math.ceil(self._until - time.monotonic()))
        return self.tr("Trying again in %1 s. Nothing is lost.").replace("%1", str(left))

    def _count(self) -> None:
        if not self.words.endswith(self._todo()):
            self.say(self._what, self._todo())
