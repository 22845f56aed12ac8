"""One row of the list of conversations: how it is painted, and how its title is edited."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.conversation.gallery import Gallery
from app.conversation.history import HistoryModel
from app.conversation.messages import Index
from app.core.copying import parted
from app.core.rows import Conversation
from app.ui import figures
from app.ui.foreign_text import direction_flag, one_line
from app.ui.picture_facts import shown_title
from app.ui.row_thumbnails import RowThumbnails
from app.ui.theme import RADIUS, Theme

_ROW: Final = 48
_HEADING: Final = 40
_THUMBNAIL: Final = QSize(40, 30)
_DOT: Final = 8
_ICON: Final = 16
_MARGIN: Final = 12
"""Left and right of a row, a scroll bar included."""

_LEFT = Qt.AlignmentFlag.AlignLeft
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class ConversationRow(QStyledItemDelegate):
    """What the index does not tell stands in `headings`, `opened`, `busy` and `marks_chosen`: the list sets them.

    Signals:
        renamed(str, str): a conversation's id, and its title from now on.
        changed(): fonts, colours or a thumbnail; to be painted anew.
    """

    renamed = Signal(str, str)
    changed = Signal()

    def __init__(self, theme: Theme, gallery: Gallery, parent: QWidget) -> None:
        super().__init__(parent)
        self.headings: dict[int, str] = {}
        """Rows that open a group."""
        self.opened = ""
        """The id of the open conversation."""
        self.busy: set[str] = set()
        """Ids of those in which an answer is under way."""
        self.marks_chosen = False
        """Whether it is to be seen, without the keyboard too, which are chosen."""
        self._list = parent
        self._theme = theme
        self._gallery = gallery
        self._thumbnails = RowThumbnails(gallery, _THUMBNAIL)
        theme.changed.connect(self._follow)
        gallery.thumbnail_ready.connect(self.changed)
        self._follow()

    def card(self, rect: QRect, row: int) -> QRect:
        """The part of a row's place that is the conversation; above it may be a heading."""
        bar = self._list.width() - rect.width()
        card = rect.adjusted(_MARGIN, self._heading if row in self.headings else 0, -max(2, _MARGIN - bar), -2)
        return QStyle.visualRect(self._list.layoutDirection(), rect, card)

    def _follow(self) -> None:
        self._row, self._heading = self._theme.px(_ROW), self._theme.px(_HEADING)
        self._title_font = self._theme.font("body", 500)
        self._unread_font = self._theme.font("body", 600)
        self._note_font = self._theme.font("caption")
        self._heading_font = self._theme.font("caption", 500)
        self._icon = self._theme.icon("message-square")
        self.changed.emit()

    # --- painting ---

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, heading: str) -> None:
        place = QRect(option.rect.left() + 20, option.rect.top(), option.rect.width() - 40, self._heading)
        painter.setFont(self._heading_font)
        painter.setPen(QColor(self._theme.tokens.text2))
        painter.drawText(QStyle.visualRect(option.direction, option.rect, place), _flags(option), heading)

    def _paint_ground(self, painter: QPainter, card: QRect, option: QStyleOptionViewItem, *, is_open: bool) -> None:
        tokens = self._theme.tokens
        line = ground = ""
        if is_open:
            line, ground = tokens.line, tokens.surface
        elif option.state & QStyle.StateFlag.State_MouseOver:
            ground = tokens.hover
        if self.marks_chosen and option.state & QStyle.StateFlag.State_Selected:
            ground = tokens.soft
        if option.state & QStyle.StateFlag.State_HasFocus:
            line = tokens.accent
        painter.setPen(QColor(line) if line else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground) if ground else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["control"], RADIUS["control"])

    def _paint_picture(self, painter: QPainter, place: QRect, conversation: Conversation) -> None:
        """The first picture, cut to the place; an icon where there is none or as long as it is not there."""
        tokens = self._theme.tokens
        pixmap = self._thumbnails.get(conversation.thumbnail, self._list.devicePixelRatioF())
        frame = QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(frame, RADIUS["badge"], RADIUS["badge"])
        if not conversation.thumbnail:
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

    def _paint_words(
        self, painter: QPainter, place: QRect, option: QStyleOptionViewItem, title: str, note: str, font: QFont
    ) -> None:
        tokens = self._theme.tokens
        upper, lower = self._lines(place)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text))
        shown = shortened(painter.fontMetrics(), title, upper.width())
        painter.drawText(upper, int(_LEFT | _MIDDLE) | int(direction_flag(title)), shown)
        painter.setFont(self._note_font)
        painter.setPen(QColor(tokens.text2))
        note = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, _flags(option), note)

    def _lines(self, place: QRect) -> tuple[QRect, QRect]:
        """Where the title and the note stand."""
        half = place.height() // 2
        return place.adjusted(0, 2, 0, -half), place.adjusted(0, half, 0, -2)

    def draft_note(self, conversation: Conversation) -> str:
        """The second line of a draft in which nothing was said yet."""
        draft = self.tr("Draft")
        return f"{draft} · {self.note(conversation)}" if conversation.pictures else draft

    def note(self, conversation: Conversation) -> str:
        """The second line: how many pictures, and what it has cost."""
        pictures = self._pictures(conversation)
        spent = Decimal(conversation.cost or 0)
        if conversation.practice and not spent:
            return f"{pictures} · {self.tr('practice')}"
        return f"{pictures} · {figures.dollars(spent, digits=3)}" if conversation.cost else pictures

    def _pictures(self, conversation: Conversation) -> str:
        match conversation.pictures:
            case 0:
                return self.tr("No pictures")
            case 1:
                return self.tr("1 picture")
            case number:
                return self.tr("%1 pictures").replace("%1", figures.count(number))

    def spoken(self, index: Index, role: int) -> str:
        """What a screen reader is told of a row: its title with the mark at its end, and as description the rest."""
        conversation: Conversation = index.data(HistoryModel.ConversationRole)
        filed = index.data(HistoryModel.FiledRole)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            pinned = self.tr("pinned") if filed.pinned else ""
            return ", ".join(filter(None, (pinned, self._second_line(index))))
        mark = self.tr("not read yet") if filed.unread else ""
        if conversation.id in self.busy:
            mark = self.tr("an answer is coming")
        return ", ".join(filter(None, (shown_title(conversation.title, conversation.pictures), mark)))

    def _parts(self, card: QRect) -> tuple[QRect, QRect]:
        """The places of the picture and of the words, from left to right."""
        picture = QRect(QPoint(card.left() + 8, 0), _THUMBNAIL)
        picture.moveTop(card.center().y() - _THUMBNAIL.height() // 2 + 1)
        return picture, card.adjusted(58, 0, -12, 0)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        conversation: Conversation = index.data(HistoryModel.ConversationRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if heading := self.headings.get(index.row()):
            self._paint_heading(painter, option, heading)
        card = self.card(option.rect, index.row())
        picture, words = (QStyle.visualRect(option.direction, card, part) for part in self._parts(card))
        self._paint_ground(painter, card, option, is_open=conversation.id == self.opened)
        self._paint_picture(painter, picture, conversation)
        unread = index.data(HistoryModel.FiledRole).unread
        if unread or conversation.id in self.busy:
            dot = QRect(words.right() - _DOT, words.center().y() - _DOT // 2, _DOT, _DOT)
            self._paint_mark(painter, QStyle.visualRect(option.direction, words, dot), conversation)
            words = QStyle.visualRect(option.direction, words, words.adjusted(0, 0, -_DOT - 8, 0))
        font = self._unread_font if unread else self._title_font
        title = shown_title(conversation.title, conversation.pictures)
        self._paint_words(painter, words, option, title, self._second_line(index), font)
        painter.restore()

    def _paint_mark(self, painter: QPainter, place: QRect, conversation: Conversation) -> None:
        """A ring that is not closed where an answer comes, a dot where one has come that was not read."""
        accent = QColor(self._theme.tokens.accent)
        if conversation.id in self.busy:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 2, c=Qt.PenCapStyle.RoundCap))
            painter.drawArc(place, 90 * 16, -270 * 16)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent)
            painter.drawEllipse(place)

    def _second_line(self, index: Index) -> str:
        conversation: Conversation = index.data(HistoryModel.ConversationRole)
        if (left := index.data(HistoryModel.DaysLeftRole)) is not None:
            days = self.tr("1 day left") if left == 1 else self.tr("%1 days left").replace("%1", str(left))
            return f"{days} · {self._pictures(conversation)}" if conversation.pictures else days
        return self.draft_note(conversation) if index.data(HistoryModel.UnsentRole) else self.note(conversation)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self._row + self._heading if index.row() in self.headings else self._row)

    # --- editing the title ---

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("rename")
        editor.setAccessibleName(self.tr("Title"))
        editor.setFont(self._title_font)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        # The conversation may change while its title is being edited: an answer has ended.
        if isinstance(editor, QLineEdit) and not editor.isModified():
            editor.setText(one_line(str(index.data())))

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: Index) -> None:
        conversation: Conversation = index.data(HistoryModel.ConversationRole)
        if isinstance(editor, QLineEdit) and editor.isModified():
            self.renamed.emit(conversation.id, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        card = self.card(option.rect, index.row())
        place = QStyle.visualRect(option.direction, card, self._parts(card)[1].adjusted(-6, 0, 6, 0))
        editor.setGeometry(place.adjusted(0, 4, 0, -4))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        # Losing the focus commits, as it should, but Esc takes the focus away too.
        if isinstance(editor, QLineEdit) and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            editor.setModified(False)
        return super().eventFilter(editor, event)


def shortened(metrics: QFontMetrics, title: str, width: int) -> str:
    """A title cut to so many pixels, before the number that tells a copy from the others."""
    name, number = parted(title)
    copy = f" ({number})" if number else ""
    return metrics.elidedText(name, Qt.TextElideMode.ElideRight, width - metrics.horizontalAdvance(copy)) + copy


def _flags(option: QStyleOptionViewItem) -> int:
    return int(QStyle.visualAlignment(option.direction, _LEFT | _MIDDLE))
