"""The figures over the ledger: today, this month, all, and what caching saved."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.ledger import Group
from app.ui.label import Label
from app.ui.ledger import words
from app.ui.theme import Theme


class Totals(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(28)
        self._figures = [_Figure(theme) for _ in range(4)]
        for figure in self._figures:
            row.addWidget(figure)

    def tell(self, today: Group, month: Group, whole: Group) -> None:
        today_figure, month_figure, all_figure, saved = self._figures
        for figure, caption, group in (
            (today_figure, self.tr("Today"), today),
            (month_figure, self.tr("This month"), month),
            (all_figure, self.tr("All"), whole),
        ):
            figure.tell(caption, words.cost(group), words.cost_hint(group))
        lost = whole.saved < 0
        saved.tell(
            self.tr("Lost by caching") if lost else self.tr("Saved by caching"),
            words.money(abs(whole.saved)),
            words.saved_hint(whole.saved) or self.tr("In comparison with no caching."),
        )


class _Figure(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._caption = Label(theme, role="caption", tone="secondary")
        self._amount = Label(theme, role="heading", weight=600)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._caption)
        column.addWidget(self._amount)

    def tell(self, caption: str, amount: str, hint: str) -> None:
        self._caption.setText(caption)
        self._amount.setText(amount)
        self._amount.setAccessibleName(f"{caption}: {amount}")
        self.setToolTip(hint)
