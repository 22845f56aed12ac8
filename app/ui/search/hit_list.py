"""The list of what was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QFrame, QListView

from app.conversation.account import Account
from app.conversation.gallery import Gallery
from app.conversation.messages import Index
from app.conversation.searching import SearchModel
from app.ui.search.hit_row import HitRow
from app.ui.theme import Theme


class HitList(QListView):
    """Without the keyboard: that stays in the field, and the palette takes the steps from there."""

    def __init__(
        self, theme: Theme, gallery: Gallery, account: Account, model: SearchModel, place: Callable[[str], str]
    ) -> None:
        """`place` says where a conversation is put, by its id."""
        super().__init__()
        self.row: Final = HitRow(theme, gallery, lambda model_id: account.catalog.get(model_id).name, place, self)
        self.setObjectName("hits")
        self.setAccessibleName(self.tr("Found"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setStyleSheet("QListView { background: transparent; border: none; outline: none; padding: 4px 8px; }")
        self.setItemDelegate(self.row)
        self.setModel(model)
        self.row.changed.connect(self.viewport().update)
        theme.changed.connect(self.scheduleDelayedItemsLayout)
        model.modelReset.connect(self.scrollToTop)
        self.entered.connect(self._select)

    def step(self, action: QListView.CursorAction) -> None:
        """Move as that key does."""
        self._select(self.moveCursor(action, Qt.KeyboardModifier.NoModifier))

    def _select(self, index: Index) -> None:
        if index.isValid():
            select = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(index, select)
