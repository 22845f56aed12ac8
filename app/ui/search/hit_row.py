"""One row of what was found: a picture, a title, who said it and when, and the words marked in what was said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QDateTime, QLocale, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.conversation.gallery import Gallery
from app.conversation.messages import Index
from app.conversation.searching import SearchModel, Section
from app.core.search import Hit
from app.core.search_words import Snippet
from app.core.utf16 import units
from app.ui import figures
from app.ui.foreign_text import direction_flag, is_right_to_left, one_line
from app.ui.picture_facts import shown_title
from app.ui.row_thumbnails import RowThumbnails
from app.ui.theme import RADIUS, Theme

_ROW: Final = 56
_HEADING: Final = 32
_MORE: Final = 36
_THUMBNAIL: Final = QSize(48, 36)
_ICON: Final = 16
_INSET: Final = 12
"""Left and right of what stands in a row."""
_GAP: Final = 12


class HitRow(QStyledItemDelegate):
    """Signals:
    changed(): fonts, colours or a thumbnail; to be painted anew.
    """

    changed = Signal()

    def __init__(
        self,
        theme: Theme,
        gallery: Gallery,
        named: Callable[[str], str],
        place: Callable[[str], str],
        parent: QWidget,
    ) -> None:
        """`named` gives the name of a model by its id, `place` where a conversation is put, by its id."""
        super().__init__(parent)
        self._theme = theme
        self._gallery = gallery
        self._named = named
        self._place = place
        self._thumbnails = RowThumbnails(gallery, _THUMBNAIL)
        theme.changed.connect(self._follow)
        gallery.thumbnail_ready.connect(self.changed)
        self._follow()

    def _follow(self) -> None:
        self._title_font = self._theme.font("body", 500)
        self._text_font = self._theme.font("secondary")
        self._note_font = self._theme.font("caption")
        self._icon = self._theme.icon("message-square")
        self.changed.emit()

    # --- words ---

    def _heading(self, section: Section) -> str:
        return {"recent": self.tr("Recent"), "titles": self.tr("Chats"), "messages": self.tr("Messages")}[section]

    def _note(self, hit: Hit) -> str:
        """Where it is put, if anywhere; who said it, and when."""
        when = " · ".join(filter(None, (self._place(hit.conversation.id), _when(hit.created))))
        if not hit.message:
            return when
        who = self.tr("You")
        if hit.role == "assistant":  # of one that was imported, the model may not be known
            who = self._named(hit.model) if hit.model else self.tr("Claude")
        return f"{one_line(who)} · {when}"

    def _below(self, hit: Hit) -> Snippet:
        """The second line."""
        if hit.message:
            return hit.snippet
        match hit.conversation.pictures:
            case 0:
                pictures = self.tr("No pictures")
            case 1:
                pictures = self.tr("1 picture")
            case number:
                pictures = self.tr("%1 pictures").replace("%1", figures.count(number))
        return Snippet(pictures)

    def spoken(self, hit: Hit) -> str:
        """All of it, for who does not see it."""
        return ", ".join(filter(None, (_title(hit).text, hit.snippet.text, self._note(hit))))

    # --- painting ---

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRect(option.rect)
        if self._opens_section(index):
            height = self._theme.px(_HEADING)
            self._paint_heading(painter, QRect(place.topLeft(), QSize(place.width(), height)), option, index)
            place.setTop(place.top() + height)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.tokens.soft))
            painter.drawRoundedRect(place, RADIUS["control"], RADIUS["control"])
        hit: Hit | None = index.data(SearchModel.HitRole)
        if hit is None:
            self._paint_more(painter, place, option, index)
        else:
            self._paint_hit(painter, place, option, hit)
        painter.restore()

    def _paint_heading(self, painter: QPainter, place: QRect, option: QStyleOptionViewItem, index: Index) -> None:
        painter.setFont(self._theme.font("caption", 500))
        painter.setPen(QColor(self._theme.tokens.text2))
        words = self._heading(index.data(SearchModel.SectionRole))
        painter.drawText(place.adjusted(_INSET, 4, -_INSET, 0), _flags(option), words)

    def _paint_more(self, painter: QPainter, place: QRect, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        count = model.titles if isinstance(model, SearchModel) else 0
        painter.setFont(self._theme.font("secondary", 500))
        painter.setPen(QColor(self._theme.tokens.accent))
        words = self.tr("Show all %1 chats").replace("%1", figures.count(count))
        inner = place.adjusted(_INSET + _THUMBNAIL.width() + _GAP, 0, -_INSET, 0)
        painter.drawText(QStyle.visualRect(option.direction, place, inner), _flags(option), words)

    def _paint_hit(self, painter: QPainter, place: QRect, option: QStyleOptionViewItem, hit: Hit) -> None:
        inner = place.adjusted(_INSET, 0, -_INSET, 0)
        picture = QRect(QPoint(inner.left(), inner.center().y() - _THUMBNAIL.height() // 2 + 1), _THUMBNAIL)
        upper_line, lower_line = self._theme.line("body"), self._theme.line("secondary")
        top = inner.center().y() - (upper_line + lower_line) // 2
        words = inner.adjusted(_THUMBNAIL.width() + _GAP, 0, 0, 0)
        upper = QRect(words.left(), top, words.width(), upper_line)
        lower = QRect(words.left(), top + upper_line, words.width(), lower_line)
        self._paint_picture(painter, QStyle.visualRect(option.direction, place, picture), hit)
        note = self._note(hit)
        metrics = QFontMetrics(self._note_font)
        aside = upper.adjusted(upper.width() - metrics.horizontalAdvance(note), 0, 0, 0)
        painter.setFont(self._note_font)
        painter.setPen(QColor(self._theme.tokens.text2))
        aside = QStyle.visualRect(option.direction, place, aside)
        painter.drawText(aside, int(Qt.AlignmentFlag.AlignCenter), note)
        upper.setWidth(upper.width() - aside.width() - _GAP)
        self._paint_line(painter, option, place, upper, _title(hit), self._title_font, self._theme.tokens.text)
        self._paint_line(painter, option, place, lower, self._below(hit), self._text_font, self._theme.tokens.text2)

    def _paint_line(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        whole: QRect,
        line: QRect,
        words: Snippet,
        font: QFont,
        color: str,
    ) -> None:
        """One line with its marks, cut at its end, from the text's own side."""
        line = QStyle.visualRect(option.direction, whole, line)
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(words.text, Qt.TextElideMode.ElideRight, line.width())
        if not words.marks:
            painter.setFont(font)
            painter.setPen(QColor(color))
            leading = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter  # of the text's own side
            painter.drawText(line, int(leading) | int(direction_flag(words.text)), shown)
            return
        layout = QTextLayout(shown, font)
        whole_length = len(shown) - (shown != words.text)
        layout.setFormats([self._mark(shown, *mark) for mark in words.marks if mark[1] <= whole_length])
        layout.beginLayout()
        text_line = layout.createLine()
        text_line.setLineWidth(line.width())
        layout.endLayout()
        painter.setPen(QColor(color))
        shift = line.width() - text_line.naturalTextWidth() if is_right_to_left(words.text) else 0
        layout.draw(painter, QPointF(line.left() + shift, line.top() + (line.height() - text_line.height()) / 2))

    def _mark(self, text: str, start: int, end: int) -> QTextLayout.FormatRange:
        marked = QTextLayout.FormatRange()
        marked.start, marked.length = units(text, start), units(text[start:end])
        shape = QTextCharFormat()
        shape.setBackground(QColor(self._theme.tokens.found))
        shape.setForeground(QColor(self._theme.tokens.text))
        marked.format = shape
        return marked

    def _paint_picture(self, painter: QPainter, place: QRect, hit: Hit) -> None:
        """The first picture, cut to the place; an icon where there is none or as long as it is not there."""
        tokens = self._theme.tokens
        pixmap = self._thumbnails.get(hit.thumbnail, painter.device().devicePixelRatioF())
        frame = QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.background))
        painter.drawRoundedRect(frame, RADIUS["badge"], RADIUS["badge"])
        if not hit.thumbnail:
            side = QRect(QPoint(), QSize(_ICON, _ICON))
            side.moveCenter(place.center())
            self._icon.paint(painter, side)
        if not pixmap.isNull():
            shape = QPainterPath()
            shape.addRoundedRect(frame, RADIUS["badge"], RADIUS["badge"])
            painter.save()
            painter.setClipPath(shape)
            painter.drawPixmap(place, pixmap)
            painter.restore()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(shape)

    # --- sizes ---

    def _opens_section(self, index: Index) -> bool:
        if not index.row():
            return True
        before = index.sibling(index.row() - 1, 0)
        return bool(before.data(SearchModel.SectionRole) != index.data(SearchModel.SectionRole))

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        height = _MORE if index.data(SearchModel.HitRole) is None else _ROW
        if self._opens_section(index):
            return QSize(0, self._theme.px(height) + self._theme.px(_HEADING))
        return QSize(0, self._theme.px(height))


def _flags(option: QStyleOptionViewItem) -> int:
    leading = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    return int(QStyle.visualAlignment(option.direction, leading))


def _title(hit: Hit) -> Snippet:
    return hit.title if hit.title.marks else Snippet(shown_title(hit.title.text, hit.conversation.pictures))


def _when(moment: float) -> str:
    """The time of today, the day of this year, else with its year."""
    then, now = QDateTime.fromSecsSinceEpoch(int(moment)), QDateTime.currentDateTime()
    if then.date() == now.date():
        return QLocale().toString(then.time(), "HH:mm")
    if then.date().year() == now.date().year():
        return QLocale().toString(then.date(), "d MMM")
    return figures.date(then.date())
