"""The ledger's window: what was spent, when, on what, as figures, as a chart and as a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QDateTime, QEvent, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.conversation.gallery import Gallery
from app.conversation.ledger_csv import save
from app.conversation.ledger_model import EntryModel, GroupModel
from app.conversation.ledger_summary import LedgerSummary
from app.conversation.tools import Tools
from app.core.errors import StoreError
from app.core.ledger import By, Entry, Filter, Group
from app.ui.buttons import press_focused
from app.ui.errors import sentence
from app.ui.label import ElidedLabel, Label
from app.ui.ledger import words
from app.ui.ledger.chart import CostChart
from app.ui.ledger.columns import entry_columns, group_columns
from app.ui.ledger.empty import EmptyPage
from app.ui.ledger.exporting import Exporting, show_folder
from app.ui.ledger.filters import FilterBar
from app.ui.ledger.table import LedgerTable
from app.ui.ledger.tabs import Tabs
from app.ui.ledger.totals import Totals
from app.ui.switch import Switch
from app.ui.theme import Theme

_BY: Final[tuple[By | None, ...]] = ("day", "conversation", "model", "picture", None)
"""What each tab shows together; None: every request."""
_USUAL: Final = (1080, 720)
_SMALLEST: Final = (560, 400)
_ROOM_BESIDE: Final = 440
"""Pixels of height that the chart leaves to all else."""
_LEAST_CHART: Final = 132


class LedgerWindow(QWidget):
    """Opened with `show_for`. Ctrl+F searches, Esc or Ctrl+W closes; closed, it waits to be opened again."""

    @classmethod
    def show_for(
        cls,
        theme: Theme,
        tools: Tools,
        gallery: Gallery,
        parent: QWidget,
        *,
        open_conversation: Callable[[str], None] | None = None,
        conversation: str = "",
        title: str = "",
        practice: bool = False,
    ) -> LedgerWindow:
        """Bring the one window of `parent` to the front, with one conversation alone where an id and title are given.

        `practice`: that conversation was one of practice. `open_conversation` is called with the id of a conversation
        that the person wants to see.
        """
        window = parent.findChild(cls)
        if window is None:
            window = cls(theme, tools, gallery, parent, open_conversation)
        window.show()
        window.look_at(conversation, title, practice=practice)
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()
        return window

    def __init__(
        self,
        theme: Theme,
        tools: Tools,
        gallery: Gallery,
        parent: QWidget,
        open_conversation: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._theme = theme
        self._ledger = tools.spending.ledger
        self._tools = tools
        self._open_conversation = open_conversation
        self._stale: set[int] = set(range(len(_BY)))
        self._saved = ""
        self.setWindowTitle(self.tr("Costs"))
        self.setMinimumSize(*_SMALLEST)
        self._summary = LedgerSummary(tools.spending, tools.tasks, self)
        self._exporting = Exporting(tools.tasks, self)
        self._midnight = QTimer(self, singleShot=True)
        self._make_parts(gallery)
        self._lay_out()
        self._connect()
        self.resize(*_USUAL)
        self._tabs.setFocus()
        self._wait_for_midnight()

    def look_at(self, conversation: str, title: str = "", *, practice: bool = False) -> None:
        """Show one conversation alone; with an empty id nothing changes."""
        if conversation:
            self._practice.setChecked(practice)
            self._filters.set_conversation(conversation, title)

    # --- putting together ---

    def _make_parts(self, gallery: Gallery) -> None:
        theme = self._theme
        self._totals = Totals(theme)
        self._practice = Switch(theme)
        self._practice.setAccessibleName(self.tr("Practice"))
        hint = self.tr("What practice mode would have cost. It is counted apart and costs nothing.")
        self._practice.setToolTip(hint)
        self._filters = FilterBar(theme, self._named)
        self._chart = CostChart(theme, self._named)
        self._tabs = Tabs(
            theme,
            [
                self.tr("By day"),
                self.tr("By chat"),
                self.tr("By model"),
                self.tr("By picture"),
                self.tr("Every request"),
            ],
        )
        self._tabs.setAccessibleName(self.tr("Together by"))
        self._models: list[EntryModel | GroupModel] = []
        self._tables: list[LedgerTable] = []
        for number, by in enumerate(_BY):
            model = self._model(by)
            table = LedgerTable(theme, model, self._tabs.tabText(number), gallery if by == "picture" else None)
            self._models.append(model)
            self._tables.append(table)
        self._pages = QStackedWidget()
        for table in self._tables:
            self._pages.addWidget(table)
        self._empty = EmptyPage(theme)
        self._pages.addWidget(self._empty)
        self._shown = ElidedLabel(theme, most=960, mode=Qt.TextElideMode.ElideRight, role="secondary", tone="secondary")
        self._said = ElidedLabel(theme, most=520, role="secondary")
        self._folder = QPushButton(self.tr("Open folder"))
        self._folder.setProperty("kind", "link")
        self._folder.hide()
        self._export = QPushButton(self.tr("Export CSV…"))
        self._export.setProperty("kind", "plain")

    def _model(self, by: By | None) -> EntryModel | GroupModel:
        tasks = self._tools.tasks
        if by is None:
            return EntryModel(self._ledger, tasks, entry_columns(self._named), self)
        return GroupModel(self._ledger, tasks, by, group_columns(by, self._named), self)

    def _lay_out(self) -> None:
        practice = Label(self._theme, self.tr("Practice"), role="secondary", tone="secondary")
        practice.setToolTip(self._practice.toolTip())
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._totals)
        top.addStretch(1)
        top.addWidget(practice)
        top.addWidget(self._practice)
        middle = QHBoxLayout()
        middle.setContentsMargins(8, 8, 8, 0)  # so that words stand under words: the tabs have a margin of their own
        middle.setSpacing(8)
        middle.addWidget(self._tabs, 1)
        middle.addWidget(self._export)
        middle.addSpacing(4)
        bottom = QHBoxLayout()
        bottom.setSpacing(12)
        bottom.addWidget(self._shown)
        bottom.addStretch(1)
        bottom.addWidget(self._said)
        bottom.addWidget(self._folder)
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedHeight(1)
        upper = QVBoxLayout()
        upper.setContentsMargins(20, 16, 20, 0)
        upper.setSpacing(12)
        upper.addLayout(top)
        upper.addWidget(self._filters)
        upper.addWidget(self._chart)
        table = QVBoxLayout()
        table.setContentsMargins(10, 0, 10, 0)  # the same for the cells
        table.addWidget(self._pages)
        lower = QVBoxLayout()
        lower.setContentsMargins(20, 8, 20, 10)
        lower.addLayout(bottom)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(upper)
        whole.addLayout(middle)
        whole.addLayout(table, 1)
        whole.addWidget(rule)
        whole.addLayout(lower)

    def _connect(self) -> None:
        self._filters.changed.connect(self._follow_filter)
        self._practice.toggled.connect(self._follow_filter)
        self._tabs.currentChanged.connect(self._show_tab)
        self._export.clicked.connect(self._ask_for_file)
        self._folder.clicked.connect(lambda: show_folder(self._saved))
        self._empty.search_cleared.connect(self._filters.clear_text)
        self._exporting.said.connect(self._say)
        self._summary.loaded.connect(self._tell)
        self._summary.failed.connect(self._fail)
        self._summary.changed.connect(self._reread)
        self._midnight.timeout.connect(self._begin_day)
        self._theme.changed.connect(self._fit_chart)
        for model, table in zip(self._models, self._tables, strict=True):
            model.loaded.connect(self._choose_page)
            model.failed.connect(self._fail)
            table.opened.connect(self._open)
        QShortcut(QKeySequence("Ctrl+W"), self, self.close)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._filters.focus_text)

    # --- what is shown ---

    def _named(self, model: str) -> str:
        return self._tools.account.catalog.get(model).name if model else self.tr("No model")

    @property
    def _filter(self) -> Filter:
        return self._filters.filter(practice=self._practice.isChecked())

    def _follow_filter(self) -> None:
        self._say("", "")
        self._summary.show(self._filter)
        self._reread()

    def _reread(self) -> None:
        """The table in view now, the others when they come into view."""
        self._stale = set(range(len(_BY)))
        self._show_tab()

    def _show_tab(self) -> None:
        tab = self._tabs.currentIndex()
        if tab in self._stale:
            self._stale.discard(tab)
            self._models[tab].show(self._filter)
        self._choose_page()

    def _choose_page(self) -> None:
        tab = self._tabs.currentIndex()
        if self._models[tab].rowCount():
            self._pages.setCurrentWidget(self._tables[tab])
        elif tab not in self._stale:
            self._empty.tell(self._nothing(), searched=bool(self._unmatched))
            self._pages.setCurrentWidget(self._empty)

    def _nothing(self) -> str:
        if self._practice.isChecked() and not self._summary.whole.requests:
            return self.tr("Nothing was practised yet. What practice answers would have cost will be listed here.")
        if not self._summary.whole.requests:
            return self.tr("No request was made yet. Every request, with what it has cost, will be listed here.")
        if unmatched := self._unmatched:
            return unmatched
        if _BY[self._tabs.currentIndex()] == "picture" and self._summary.shown.requests:
            return self.tr("No picture went in these requests.")
        return self.tr("No request fits this filter. Choose a longer period, or all models.")

    @property
    def _unmatched(self) -> str:
        """That what is searched for is nowhere; empty where that is not why nothing is shown."""
        searched = self._filters.searched
        if not searched or self._summary.shown.requests or not self._summary.whole.requests:
            return ""
        return self.tr("Nothing matches “%1”.").replace("%1", searched)

    def _tell(self) -> None:
        summary = self._summary
        self._filters.set_models(summary.models)
        self._totals.tell(summary.today, summary.month, summary.whole)
        self._chart.show_groups(summary.days, *self._filters.shown_days, nothing=self._unmatched)
        shown = summary.shown
        parts = [words.requests(shown.requests), words.cost(shown)]
        if shown.saved:
            text = self.tr("caching lost %1") if shown.saved < 0 else self.tr("caching saved %1")
            parts.append(text.replace("%1", words.money(abs(shown.saved))))
        if self._practice.isChecked():
            parts.append(self.tr("practice: what it would have cost, nothing was charged"))
        self._shown.set_whole("  ·  ".join(parts))
        self._choose_page()

    def _fail(self, error: StoreError) -> None:
        self._say(sentence(error), "")

    def _say(self, text: str, path: str) -> None:
        self._saved = path
        self._said.set_whole(text)
        self._folder.setVisible(bool(path))

    def _open(self, row: Entry | Group) -> None:
        """Go to a row's conversation, or look closer at it."""
        by = _BY[self._tabs.currentIndex()]
        conversation = row.call.conversation if isinstance(row, Entry) else row.conversation
        if isinstance(row, Group) and by == "conversation":
            conversation = row.key
        if conversation and self._open_conversation is not None:
            self._open_conversation(conversation)

    def _watch(self) -> None:
        """What nobody sees is not read; when it is seen again, it is read anew."""
        was, self._summary.active = self._summary.active, self.isVisible() and not self.isMinimized()
        if self._summary.active and not was:
            self._follow_filter()

    # --- export ---

    def _ask_for_file(self) -> None:
        by, wanted = _BY[self._tabs.currentIndex()], self._filter
        self._exporting.ask(f"costs-by-{by}" if by else "requests", lambda path: self._save(by, wanted, path))

    async def _save(self, by: By | None, wanted: Filter, path: Path) -> None:
        await save(self._ledger, by, wanted, path, self._tools.threads)

    # --- time ---

    def _begin_day(self) -> None:
        self._follow_filter()
        self._wait_for_midnight()

    def _wait_for_midnight(self) -> None:
        now = QDateTime.currentDateTime()
        self._midnight.start(max(1000, now.msecsTo(now.date().addDays(1).startOfDay()) + 1000))

    # --- Qt ---

    def _fit_chart(self) -> None:
        """The table keeps its room; a chart too low to be read is left out."""
        room = self.height() - self._theme.px(_ROOM_BESIDE)
        least = self._theme.px(_LEAST_CHART)
        self._chart.setVisible(room >= least)
        self._chart.setFixedHeight(max(least, min(room, self._chart.sizeHint().height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_chart()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif not press_focused(event):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._watch()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._watch()
