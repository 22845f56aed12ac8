"""The line under the message: pictures, tokens, and what the next message will cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from app.core.cost import Context, Estimate
from app.ui import cache_words, figures
from app.ui.theme import Theme

translate = QCoreApplication.translate


class Part(NamedTuple):
    """A piece of the line."""

    text: str
    bold: bool = False
    joined: bool = False
    """Follows the part before without a separator, and goes before it when room is short."""
    brief: str = ""
    """The same in fewer words, where there is not even room for this part alone."""
    details: str = ""
    """How it comes about, for the tooltip."""


_SEPARATOR = Part(" · ")


class CostLine(QLabel):
    """Right-aligned. Where room is short the parts on the left are left out; the tooltip has them all, and details."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts: list[Part] = []
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self.update)

    def tell(self, parts: Sequence[Part]) -> None:
        if list(parts) != self._parts:
            self._parts = list(parts)
            self.setText("".join(part.text for part in _separated(self._parts)))
            if QToolTip.isVisible() and QToolTip.text() == self.toolTip():
                QToolTip.hideText()  # it would go on telling what no longer holds
            self.setToolTip("\n".join([self.text(), *(part.details for part in self._parts if part.details)]))
            self.update()

    def _fitting(self, width: int) -> list[Part]:
        parts = list(self._parts)
        while len(parts) > 1 and self._width(parts) > width:
            if parts[1].joined:
                del parts[1]
            else:
                del parts[0]
        return [_briefly(part) for part in parts] if self._width(parts) > width else parts

    def _width(self, parts: Sequence[Part]) -> int:
        return sum(QFontMetrics(self._font(part)).horizontalAdvance(part.text) for part in _separated(parts))

    def _font(self, part: Part) -> QFont:
        return self._theme.font("caption", 600 if part.bold else 400)

    # --- Qt ---

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        tokens = self._theme.tokens
        parts = self._fitting(self.width())
        painter = QPainter(self)
        x = max(0, self.width() - self._width(parts))
        for part in _separated(parts):
            metrics = QFontMetrics(self._font(part))
            painter.setFont(self._font(part))
            painter.setPen(QColor(tokens.text if part.bold else tokens.text2))
            width = metrics.horizontalAdvance(part.text)
            room = self.width() - x
            shown = part.text if width <= room else metrics.elidedText(part.text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(x, (self.height() + metrics.ascent() - metrics.descent()) // 2, shown)
            x += width

    def sizeHint(self) -> QSize:
        return QSize(self._width(self._parts), QFontMetrics(self._theme.font("caption")).height())

    def minimumSizeHint(self) -> QSize:
        last = [_briefly(part) for part in self._parts if part.brief]
        return QSize(self._width(last), self.sizeHint().height())


def cost_parts(
    estimate: Estimate,
    *,
    max_tokens: int,
    unread: int,
    begun: bool,
    free: bool,
    unseen: bool = False,
    usual: bool = True,
) -> list[Part]:
    """What the next message carries and costs, with an answer of `max_tokens` at most.

    `unread` pictures are not measured yet, so that no total holds. In a conversation that is not `begun` there is no
    history: what goes along is the system prompt. `unseen`: the size of a picture is not known, its tokens are the most
    it can have. `usual`: the length of the answer is that of earlier ones, and no assumption.
    """
    if not estimate.context.known:
        drafted = [Part(text) for text in (_pictures(estimate, unseen=unseen), _text(estimate)) if text]
        return [*drafted, Part(translate("cost_line", "working out the price…"), bold=True)]
    carried = _history(estimate.context) if begun else _system(estimate.context)
    parts = [Part(text) for text in (_pictures(estimate, unseen=unseen), _text(estimate), carried) if text]
    if unread:
        reading = translate("cost_line", "%1 being read").replace("%1", figures.count(unread))
        return [*parts, Part(reading, bold=True)]
    if estimate.next is None or estimate.at_most is None:
        known = translate("cost_line", "practice: free") if free else translate("cost_line", "price unknown")
        return [*parts, Part(known, bold=True)]
    next_one, at_most = figures.about(estimate.next), figures.dollars(estimate.at_most, digits=2, up=True)
    details = _details(estimate, at_most, max_tokens, usual=usual)
    if free:
        with_key = translate("cost_line", ", with a key %1").replace("%1", next_one)
        practice = Part(translate("cost_line", "practice: free"), bold=True)
        return [*parts, practice, Part(with_key, joined=True, details=details)]
    words = translate("cost_line", "next message %1").replace("%1", next_one)
    return [
        *parts,
        Part(words, bold=True, brief=next_one, details=details),
        Part(translate("cost_line", ", at most %1").replace("%1", at_most), joined=True),
    ]


def _details(estimate: Estimate, at_most: str, max_tokens: int, *, usual: bool) -> str:
    """What the price is for: the prompt, and an answer that is not there yet."""
    cached = estimate.context.cached
    if cached:
        prompt = translate("cost_line", "A prompt of %1 tokens, %2 of them at the price of a cache read,")
    elif estimate.caches:
        prompt = translate("cost_line", "A prompt of %1 tokens at the price of a cache write,")
    else:
        prompt = translate("cost_line", "A prompt of %1 tokens at the input price,")
    if usual:
        answer = translate("cost_line", "and an answer of about %1 tokens, the usual length here;")
    else:
        answer = translate("cost_line", "and an answer of %1 tokens, assumed as long as none has been seen;")
    limit = translate("cost_line", "at most %1 with an answer of %2 tokens.")
    lines = (
        prompt.replace("%1", figures.count(estimate.prompt_tokens)).replace("%2", figures.count(cached)),
        answer.replace("%1", figures.count(min(estimate.context.answer, max_tokens))),
        limit.replace("%1", at_most).replace("%2", figures.count(max_tokens)),
    )
    return "\n".join([*lines, *_lost(estimate)])


def _lost(estimate: Estimate) -> list[str]:
    """What it costs that the server cannot read all from its cache that was there, and why."""
    lost = estimate.context.lost
    if lost is None or not estimate.dearer:
        return []
    words = translate("cost_line", "%1 of it since the cache is missed: %2")
    dearer = words.replace("%1", figures.about(estimate.dearer)).replace("%2", cache_words.short(lost))
    return [f"{dearer}.", cache_words.sentence(lost, estimate.context.ttl)]


def _pictures(estimate: Estimate, *, unseen: bool) -> str:
    if not estimate.pictures:
        return ""
    words = (
        translate("cost_line", "1 picture %2") if estimate.pictures == 1 else translate("cost_line", "%1 pictures %2")
    )
    words = words.replace("%1", figures.count(estimate.pictures))
    return words.replace("%2", f"{'≤ ' if unseen else ''}{figures.tokens(estimate.picture_tokens)}")


def _text(estimate: Estimate) -> str:
    if not estimate.text_tokens:
        return ""
    words = translate("cost_line", "text %1") if estimate.exact else translate("cost_line", "text ≈ %1")
    return words.replace("%1", figures.count(estimate.text_tokens))


def _system(context: Context) -> str:
    if not context.tokens:
        return ""
    return translate("cost_line", "system prompt %1").replace("%1", figures.count(context.tokens))


def _history(context: Context) -> str:
    if not context.tokens:
        return ""
    share = context.cached / context.tokens
    if share >= 0.95:
        words = translate("cost_line", "history %1, cached")
    elif share >= 0.5:
        words = translate("cost_line", "history %1, mostly cached")
    elif share:
        words = translate("cost_line", "history %1, partly cached")
    else:
        words = translate("cost_line", "history %1")
    return words.replace("%1", figures.count(context.tokens))


def _briefly(part: Part) -> Part:
    return part._replace(text=part.brief or part.text)


def _separated(parts: Sequence[Part]) -> list[Part]:
    """The parts with separators between them."""
    pieces: list[Part] = []
    for part in parts:
        if pieces and not part.joined:
            pieces.append(_SEPARATOR)
        pieces.append(part)
    return pieces
