"""The viewer's panel: how a picture goes over the wire, what it costs and what was done to it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.core.catalog import Model
from app.core.cost import picture_cost
from app.core.fit import fit, image_tokens, rule_of_thumb
from app.core.message import ImageBlock
from app.ui import figures, picture_facts
from app.ui.label import Label
from app.ui.theme import Theme

WIDTH: Final = 300
"""Pixels, where there is room."""


class SentAs(QScrollArea):
    """Facts of one picture for one model."""

    def __init__(self, theme: Theme, model: Model, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.setObjectName("sent_as")
        self.setAccessibleName(self.tr("Sent as"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def set_image(self, image: ImageBlock) -> None:
        page = QWidget()
        page.setObjectName("facts")
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(Label(self._theme, self.tr("Sent as"), role="secondary", weight=600))
        column.addLayout(self._grid(self._facts(image)))
        column.addSpacing(12)
        column.addWidget(Label(self._theme, self.tr("What was done"), role="secondary", weight=600))
        for line in picture_facts.done(image.notes):
            column.addWidget(Label(self._theme, line, role="secondary", wraps=True))
        column.addStretch(1)
        self.setWidget(page)

    def _grid(self, facts: list[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (caption, value) in enumerate(facts):
            name = Label(self._theme, caption, role="secondary", tone="secondary")
            fact = Label(self._theme, value, role="secondary", wraps=True)
            fact.setAccessibleName(f"{caption}: {value}")
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(fact, row, 1)
        return grid

    def _facts(self, image: ImageBlock) -> list[tuple[str, str]]:
        size = figures.size(image.width, image.height)
        if image.resized:
            whole = figures.size(image.original_width, image.original_height)
            size = self.tr("%1, from %2").replace("%1", size).replace("%2", whole)
        kind = picture_facts.kind(image.media_type)
        # A model of a smaller tier shrinks on its side what was sent for a larger one.
        tokens = image_tokens(*fit(image.width, image.height, self._model.tier), self._model.tier.patch)
        rule = figures.count(rule_of_thumb(image.width, image.height))
        facts = [
            (self.tr("Size"), size),
            (self.tr("Bytes"), f"{figures.file_size(image.sent_bytes)} {kind}"),
            (self.tr("Tokens"), self.tr("%1 exact").replace("%1", figures.count(tokens))),
            (self.tr("Rule of thumb"), self.tr("%1 (w × h / 750)").replace("%1", rule)),
        ]
        return facts + self._prices(tokens)

    def _prices(self, tokens: int) -> list[tuple[str, str]]:
        if self._model.prices is None:
            return [(self.tr("Price"), self.tr("not known for this model"))]
        cost = picture_cost(tokens, self._model.prices)
        return [
            (self.tr("Input price"), figures.dollars(cost.input)),
            (self.tr("Cache write"), figures.dollars(cost.cache_write)),
            (self.tr("Each later turn"), figures.dollars(cost.cache_read)),
        ]
