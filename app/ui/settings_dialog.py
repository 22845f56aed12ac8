"""The settings: each applies at once."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import PySide6
from PySide6.QtCore import QDate, QEvent, QLocale, QObject, Qt, Signal, qVersion
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.conversation.chat import Tools
from app.conversation.remote_files import RemoteFiles
from app.core.ledger import Period
from app.ui.buttons import press_focused
from app.ui.data_settings import DataSettings
from app.ui.drop_down import DropDown
from app.ui.label import ElidedLabel, Label
from app.ui.ledger.tabs import Tabs
from app.ui.money_settings import MoneySettings
from app.ui.picture_settings import PictureSettings
from app.ui.switch import Switch
from app.ui.theme import Theme

_WIDTH: Final = 560
_HEIGHT: Final = 640
"""However large the text: it scrolls, and a small laptop has no more."""
_FIELD: Final = 152
_PAGES: Final = ("general", "pictures", "money", "data")
_THEMES: Final[tuple[Literal["system", "light", "dark"], ...]] = ("system", "light", "dark")
_TEXT_SIZES: Final = (80, 200)
"""Per cent."""
_MAX_TOKENS: Final = (1, 1_000_000)


class SettingsDialog(QDialog):
    """Opened with `open`.

    Signals:
        key_requested(): the person wants to enter another key or server.
        import_requested(): the person wants to import conversations.
        restart_requested(): the app is to be closed and started again.
    """

    key_requested = Signal()
    restart_requested = Signal()
    import_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        tools: Tools,
        files: RemoteFiles,
        folder: Path,
        parent: QWidget,
        *,
        usual: Path | None = None,
    ) -> None:
        """`folder` holds the data; `usual` is the system's place for it, None where it was named for this start."""
        super().__init__(parent)
        self._pictures = PictureSettings(theme, tools.preferences, files)
        self._money = MoneySettings(theme, tools)
        self._data = DataSettings(theme, tools, folder, usual)
        self._theme = theme
        self._preferences = tools.preferences
        self._account = tools.account
        self._tasks = tools.tasks
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self._make_controls()
        self._lay_out()
        self._connect()
        self._show_account()
        self._show_preferences()
        self.resize(self._theme.px(_WIDTH), _HEIGHT)

    def show_money(self, period: Period | Literal[""] = "") -> None:
        """Turn to the page about money, and to the cap of a period where one is named."""
        self._tabs.setCurrentIndex(_PAGES.index("money"))
        if period:
            self._money.focus_cap(period)

    def show_price(self, model_id: str) -> None:
        """Turn to the page about money and let the price of a model be entered."""
        self.show_money()
        self._money.enter_price(model_id)

    # --- putting together ---

    def _make_controls(self) -> None:
        self._look = DropDown()
        self._look.addItems([self.tr("As the system"), self.tr("Light"), self.tr("Dark")])
        self._look.setAccessibleName(self.tr("Theme"))
        self._text_size = QSpinBox(minimum=_TEXT_SIZES[0], maximum=_TEXT_SIZES[1], singleStep=10)
        self._text_size.setSuffix(self.tr(" %"))
        self._text_size.setAccessibleName(self.tr("Text size"))
        self._max_tokens = QSpinBox(minimum=_MAX_TOKENS[0], maximum=_MAX_TOKENS[1], singleStep=1000)
        self._max_tokens.setGroupSeparatorShown(True)
        self._max_tokens.setAccessibleName(self.tr("Longest answer, in tokens"))
        for control in (self._look, self._text_size, self._max_tokens):
            control.setMinimumWidth(self._theme.px(_FIELD))
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for box in (self._text_size, self._max_tokens):
            box.setKeyboardTracking(False)
            box.lineEdit().setTextMargins(8, 0, 0, 0)  # the style sheet's padding does not reach it
        self._server = ElidedLabel(self._theme, most=320, tone="secondary")
        self._key = Label(self._theme, tone="secondary")
        self._change_key = _button(self.tr("Change key…"))
        self._practice = Switch(self._theme)
        self._practice.setAccessibleName(self.tr("Practice mode"))
        self._import = _button(self.tr("Import…"))
        self._close = _button(self.tr("Close"))

    def _lay_out(self) -> None:
        names = (self.tr("General"), self.tr("Pictures"), self.tr("Money"), self.tr("Data"))
        self._tabs = Tabs(self._theme, names)
        self._tabs.setAccessibleName(self.tr("Pages"))
        self._pages = QStackedWidget()
        for lay_out in (self._lay_out_general, self._lay_out_pictures, self._lay_out_money, self._lay_out_data):
            page = QWidget()
            sections = QVBoxLayout(page)
            sections.setContentsMargins(24, 16, 24, 16)
            sections.setSpacing(8)
            lay_out(sections)
            sections.addStretch(1)
            self._pages.addWidget(self._scrolled(page))
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 0)
        top.addWidget(self._tabs)
        top.addStretch(1)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(24, 12, 24, 12)
        bottom.addStretch(1)
        bottom.addWidget(self._close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addWidget(_rule())
        whole.addWidget(self._pages, 1)
        whole.addWidget(_rule())
        whole.addLayout(bottom)

    def _scrolled(self, page: QWidget) -> QScrollArea:
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        return scroll

    def _lay_out_general(self, sections: QVBoxLayout) -> None:
        self._lay_out_appearance(sections)
        self._lay_out_connection(sections)
        self._lay_out_answers(sections)

    def _lay_out_pictures(self, sections: QVBoxLayout) -> None:
        sections.addWidget(self._pictures)

    def _lay_out_money(self, sections: QVBoxLayout) -> None:
        sections.addWidget(self._money)

    def _lay_out_appearance(self, sections: QVBoxLayout) -> None:
        self._add_heading(sections, self.tr("Appearance"))
        self._add_row(sections, self.tr("Theme"), self._look)
        self._add_row(sections, self.tr("Text size"), self._text_size)

    def _lay_out_connection(self, sections: QVBoxLayout) -> None:
        self._add_heading(sections, self.tr("Connection"))
        self._add_row(sections, self.tr("Server"), self._server)
        self._add_row(sections, self.tr("Key"), self._key, self._change_key)
        self._add_row(sections, self.tr("Practice mode"), self._practice)
        text = self.tr(
            "Answers are measured on this computer, no model is asked. Nothing is sent and it costs nothing."
        )
        self._add_note(sections, text)

    def _lay_out_answers(self, sections: QVBoxLayout) -> None:
        self._add_heading(sections, self.tr("Answers"))
        self._add_row(sections, self.tr("Longest answer, in tokens"), self._max_tokens)
        text = self.tr(
            "An answer is cut there, its thinking included; a page of text has some 700 tokens. "
            "Only what is written is charged. A model's own maximum holds besides."
        )
        self._add_note(sections, text)

    def _lay_out_data(self, sections: QVBoxLayout) -> None:
        self._add_heading(sections, self.tr("Data"))
        sections.addWidget(self._data)
        self._add_row(sections, self.tr("Chats from elsewhere"), self._import)
        self._lay_out_about(sections)

    def _lay_out_about(self, sections: QVBoxLayout) -> None:
        self._add_heading(sections, self.tr("About"))
        day = self._account.catalog.as_of
        as_of = QLocale().toString(QDate(day.year, day.month, day.day), "d MMMM yyyy")
        for text in (
            self.tr("Visavis %1, under the MIT licence").replace("%1", __version__),
            self.tr("Qt %1, PySide %2").replace("%1", qVersion()).replace("%2", PySide6.__version__),
        ):
            line = Label(self._theme, text, role="secondary")
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            sections.addWidget(line)
        prices = self.tr(
            "Models, limits and prices as of %1, from Anthropic's documentation; a few prices from price lists"
        )
        sections.addWidget(Label(self._theme, prices.replace("%1", as_of), role="secondary", wraps=True))

    def _add_heading(self, sections: QVBoxLayout, text: str) -> None:
        if sections.count():
            sections.addSpacing(16)
        sections.addWidget(Label(self._theme, text, role="heading", weight=600))

    def _add_row(self, sections: QVBoxLayout, caption: str, *controls: QWidget) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self._theme, caption), 1)
        for control in controls:
            row.addWidget(control)
        sections.addLayout(row)

    def _add_note(self, sections: QVBoxLayout, text: str) -> None:
        sections.addWidget(Label(self._theme, text, role="secondary", tone="secondary", wraps=True))

    def _connect(self) -> None:
        change = self._preferences.update
        self._look.activated.connect(lambda index: change(theme=_THEMES[index]))
        self._text_size.valueChanged.connect(lambda percent: change(text_size=percent))
        self._max_tokens.valueChanged.connect(lambda tokens: change(max_tokens=tokens))
        self._practice.clicked.connect(self._practise)
        self._change_key.clicked.connect(self.key_requested)
        self._import.clicked.connect(self.import_requested)
        self._data.restart_requested.connect(self.restart_requested)
        for control in (*self._pages.findChildren(QComboBox), *self._pages.findChildren(QSpinBox)):
            control.installEventFilter(self)
        self._tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self._close.clicked.connect(self._finish)
        self._account.changed.connect(self._show_account)
        self._preferences.changed.connect(self._show_preferences)

    # --- what is shown ---

    def _show_preferences(self) -> None:
        settings = self._preferences.settings
        self._look.setCurrentIndex(_THEMES.index(settings.theme))
        for box, value in ((self._text_size, settings.text_size), (self._max_tokens, settings.max_tokens)):
            blocked = box.blockSignals(True)  # a value out of its range is shown cut, and stays as it was set
            box.setValue(value)
            box.blockSignals(blocked)

    def _show_account(self) -> None:
        access = self._account.access
        self._server.set_whole(access.server.host if access is not None else self.tr("not known yet"))
        source = "none" if access is None else access.source
        self._key.setText(
            {
                "environment": self.tr("from ANTHROPIC_API_KEY"),
                "keyring": self.tr("in this computer's keyring"),
                "session": self.tr("for this run only"),
                "none": self.tr("none"),
            }[source]
        )
        self._practice.setChecked(self._account.practice)

    def _practise(self, on: bool) -> None:
        self._tasks.start(self._account.set_practice(on), "settings")

    def _finish(self) -> None:
        """Close, unless a cap would be lost that was written so that it cannot be read."""
        if (period := self._money.unreadable) is not None:
            self.show_money(period)
        else:
            self.accept()

    # --- Qt ---

    def done(self, result: int) -> None:
        self._money.stop()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event):
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the page and changes no value on its way."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    rule.setFixedHeight(1)
    return rule


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("kind", "plain")
    button.setAutoDefault(False)
    return button
