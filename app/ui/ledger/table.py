"""A table of the ledger: quiet rows with figures of one width, which stay where they are when the ledger changes."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPalette,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.conversation.gallery import Gallery
from app.conversation.ledger_model import GroupModel, LedgerModel
from app.conversation.messages import Index
from app.core.ledger import Group
from app.ui.foreign_text import direction_flag, is_right_to_left
from app.ui.ledger.columns import picture_name
from app.ui.theme import RADIUS, Theme

_ROW: Final = 36
_PICTURE_ROW: Final = 52
_THUMBNAIL: Final = QSize(56, 40)
_PAD: Final = 10
"""Pixels left and right of what stands in a cell."""
_SLACK: Final = 4
_LEAST: Final = 140
"""Pixels of the column that takes the room that is left."""
_MOST: Final = 560
"""What is left then goes to the others: figures far from what they are of are hard to read."""
_KEPT: Final = 300
"""Thumbnails that stay decoded."""


class LedgerTable(QTableView):
    """Arrows move, Enter or a double click opens, Ctrl+C copies the rows that are selected.

    Signals:
        opened(object): an `Entry` or a `Group`.
    """

    opened = Signal(object)

    def __init__(self, theme: Theme, model: LedgerModel, name: str, gallery: Gallery | None = None) -> None:
        """With a gallery the first column shows pictures."""
        super().__init__()
        self._theme = theme
        self._rows = model
        self._kept: tuple[object, int, int] | None = None
        self._cells = _Cells(theme, model, gallery, self)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setModel(model)
        self.setItemDelegate(self._cells)
        self.setHorizontalHeader(_Header(theme, self))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        if isinstance(model, GroupModel):
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
            self.horizontalHeader().setSortIndicatorClearable(True)
            self.setSortingEnabled(True)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._put_back)
        model.rowsInserted.connect(self._stay)
        self.doubleClicked.connect(self._open)
        theme.changed.connect(self._restyle)
        if gallery is not None:
            gallery.thumbnail_ready.connect(self.viewport().update)
        self._restyle()

    # --- staying where one is ---

    def _keep(self) -> None:
        """Before all rows are given anew: which one is the current one, and how far it was scrolled."""
        row = self.currentIndex().row()
        key = self._rows.key(row) if 0 <= row < self._rows.rowCount() else None
        self._kept = key, self.verticalScrollBar().value(), self.horizontalScrollBar().value()

    def _put_back(self) -> None:
        if self._kept is None:
            return
        (key, down, across), self._kept = self._kept, None
        if key is not None and (row := self._rows.row_of(key)) >= 0:
            self.selectRow(row)
        self.verticalScrollBar().setValue(down)
        self.horizontalScrollBar().setValue(across)

    def _stay(self, _parent: QModelIndex, first: int, last: int) -> None:
        """What comes above does not push away what is being read."""
        bar = self.verticalScrollBar()
        if first == 0 and bar.value() > 0:
            self.updateGeometries()
            bar.setValue(bar.value() + (last + 1) * self.verticalHeader().defaultSectionSize())

    # --- looks ---

    def _restyle(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._theme.grown(_PICTURE_ROW if self._cells.pictures else _ROW))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(self._theme.tokens.background))
        self.setPalette(palette)
        self._fit()
        self.viewport().update()

    def _fit(self) -> None:
        """Give every column what it needs, and the one without a sample what is left, as far as it needs it."""
        header, metrics = self.horizontalHeader(), self._cells.metrics()
        widths = []
        for column in self._rows.columns:
            title = header.fontMetrics().horizontalAdvance(f"{column.title} ↓")
            needed = max(metrics.horizontalAdvance(column.sample), title) + 2 * _PAD + _SLACK
            widths.append(needed if column.sample else 0)
        stretched = widths.index(0)
        left = self.viewport().width() - sum(widths)
        widths[stretched] = max(self._theme.px(_LEAST), min(left, self._theme.px(_MOST)))
        spare = max(0, left - widths[stretched]) // (len(widths) - 1)
        for number, wide in enumerate(widths):
            self.setColumnWidth(number, wide + (spare if number != stretched else 0))

    def _open(self, index: Index) -> None:
        row = index.data(LedgerModel.RowRole)
        if row is not None:
            self.opened.emit(row)

    def _copy(self) -> None:
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        cells = range(self._rows.columnCount())
        lines = [
            "\t".join(self._cells.words(self._rows.index(row, cell)) for cell in cells)
            for row in rows
            if self._rows.row(row) is not None  # one that nobody has looked at is not read
        ]
        if lines:
            titles = "\t".join(column.title for column in self._rows.columns)
            QGuiApplication.clipboard().setText("\n".join([titles, *lines]))

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cells.hover(self.rowAt(event.position().toPoint().y()))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._cells.hover(-1)
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


class _Header(QHeaderView):
    """Captions over the columns, as calm as the rows."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setMinimumSectionSize(40)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFont(self._theme.font("caption", 500))
        self.setFixedHeight(self._theme.grown(32))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:  # noqa: N802  # Qt's name
        tokens = self._theme.tokens
        painter.save()
        painter.fillRect(rect, QColor(tokens.background))
        painter.setPen(QColor(tokens.line))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        role = Qt.ItemDataRole
        text = str(self.model().headerData(section, Qt.Orientation.Horizontal, role.DisplayRole))
        side = int(self.model().headerData(section, Qt.Orientation.Horizontal, role.TextAlignmentRole))
        sorted_by = self.isSortIndicatorShown() and self.sortIndicatorSection() == section
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.text if sorted_by else tokens.text2))
        place = rect.adjusted(_PAD, 0, -_PAD, 0)
        if sorted_by:
            text += " ↑" if self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder else " ↓"
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag(side))), text)
        painter.restore()


class _Cells(QStyledItemDelegate):
    """One cell: its words or its picture, on the ground of its row."""

    def __init__(self, theme: Theme, model: LedgerModel, gallery: Gallery | None, table: QTableView) -> None:
        super().__init__(table)
        self._theme = theme
        self._rows = model
        self._gallery = gallery
        self._table = table
        self._hovered = -1
        self._thumbnails: dict[str, QPixmap] = {}

    @property
    def pictures(self) -> bool:
        return self._gallery is not None

    def hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self._table.viewport().update()

    def font(self) -> QFont:
        font = self._theme.font("secondary")
        font.setFeature(QFont.Tag.fromString("tnum"), 1)
        return font

    def metrics(self) -> QFontMetrics:
        return QFontMetrics(self.font())

    def words(self, index: Index) -> str:
        row = index.data(LedgerModel.RowRole)
        if self.pictures and index.column() == 0 and isinstance(row, Group) and isinstance(self._rows, GroupModel):
            known = self._rows.picture(row)
            return picture_name(known.name if known else None)
        return str(index.data() or "")

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, rect = self._theme.tokens, option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.soft))
        elif index.row() == self._hovered:
            painter.fillRect(rect, QColor(tokens.hover))
        current = self._table.hasFocus() and self._table.currentIndex().row() == index.row()
        painter.setPen(QColor(tokens.accent if current else tokens.line))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if current:
            painter.drawLine(rect.topLeft(), rect.topRight())

    def _paint_picture(self, painter: QPainter, place: QRect, key: str) -> None:
        tokens = self._theme.tokens
        frame = QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(frame, RADIUS["badge"], RADIUS["badge"])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(shape, QColor(tokens.surface))
        pixmap = self._thumbnail(key, self._table.devicePixelRatioF())
        if not pixmap.isNull():
            painter.save()
            painter.setClipPath(shape)
            painter.drawPixmap(place, pixmap)
            painter.restore()
        painter.setPen(QColor(tokens.line))
        painter.drawPath(shape)

    def _thumbnail(self, key: str, ratio: float) -> QPixmap:
        name = f"{key}@{ratio}"
        if name in self._thumbnails or self._gallery is None:
            return self._thumbnails.get(name, QPixmap())
        pixmap = QPixmap()
        if key and (data := self._gallery.thumbnail(key)) and pixmap.loadFromData(data):
            wanted = _THUMBNAIL * ratio
            modes = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
            pixmap = pixmap.scaled(wanted, *modes)
            surplus = pixmap.size() - wanted
            pixmap = pixmap.copy(QRect(QPoint(surplus.width() // 2, 0), wanted))
            while len(self._thumbnails) >= _KEPT:
                del self._thumbnails[next(iter(self._thumbnails))]
            self._thumbnails[name] = pixmap
        return pixmap

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        self._paint_ground(painter, option, index)
        place = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        row = index.data(LedgerModel.RowRole)
        if self.pictures and index.column() == 0 and isinstance(row, Group) and isinstance(self._rows, GroupModel):
            known = self._rows.picture(row)
            frame = QRect(QPoint(place.left(), 0), _THUMBNAIL)
            frame.moveTop(place.center().y() - _THUMBNAIL.height() // 2)
            at = QStyle.visualRect(option.direction, place, frame)
            self._paint_picture(painter, at, known.thumbnail if known else "")
            beside = place.adjusted(_THUMBNAIL.width() + _PAD, 0, 0, 0)
            place = QStyle.visualRect(option.direction, place, beside)
        text = self.words(index)
        column = self._rows.columns[index.column()]
        painter.setFont(self.font())
        painter.setPen(QColor(self._theme.tokens.text))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        side = Qt.AlignmentFlag.AlignTrailing if column.figure else Qt.AlignmentFlag.AlignLeading
        flags = int(QStyle.visualAlignment(option.direction, side)) | int(Qt.AlignmentFlag.AlignVCenter)
        if column.figure or is_right_to_left(text):
            flags |= int(direction_flag(text))
        painter.drawText(place, flags, shown)
        painter.restore()
