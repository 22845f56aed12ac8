"""The dialog in which a key is pasted, tried and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.conversation.account import Account
from app.conversation.tasks import Tasks
from app.core.catalog import ListedModel
from app.core.errors import BadAddress, BadKey, VisavisError
from app.core.keys import clean_key
from app.core.server import ANTHROPIC, Auth, Server
from app.ui.drop_down import DropDown
from app.ui.errors import sentence
from app.ui.label import Label
from app.ui.theme import Theme

_WIDTH: Final = 480
_MARGIN: Final = 24
_KEYS_ARE_MADE: Final = "console.anthropic.com"
_HEADERS: Final[tuple[Auth, ...]] = ("", "bearer", "x-api-key")


class KeyDialog(QDialog):
    """Opened with `open`. Errors are told in place; nothing typed is lost by one."""

    def __init__(self, theme: Theme, account: Account, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._account = account
        self._tasks = tasks
        self._test_task: asyncio.Task[None] | None = None
        self._listed: list[ListedModel] | None = None
        self._is_well = False
        self._is_closed = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Paste an API key"))
        self._make_fields()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self._take_over()
        self._follow_text()

    # --- putting together ---

    def _make_fields(self) -> None:
        self._key = QLineEdit()
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._key.setPlaceholderText("sk-ant-…")
        self._key.setAccessibleName(self.tr("API key"))
        hidden = Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhSensitiveData
        self._key.setInputMethodHints(hidden | Qt.InputMethodHint.ImhNoPredictiveText)
        self._address = QLineEdit()
        self._address.setPlaceholderText(ANTHROPIC)
        self._address.setAccessibleName(self.tr("Address of the server"))
        self._header = DropDown()
        self._header.addItems([self.tr("Automatic"), self.tr("Bearer"), self.tr("x-api-key")])
        self._header.setAccessibleName(self.tr("How the key is sent"))
        self._in_use = Label(self._theme, role="secondary", tone="secondary", wraps=True)
        self._mark = QLabel()
        self._said = Label(self._theme, role="secondary", wraps=True)
        self._said.setAccessibleName(self.tr("Result"))

    def _make_buttons(self) -> None:
        self._reveal = _button("", "icon", self.tr("Show the key"))
        self._reveal.setToolTip(self.tr("Show the key"))
        self._reveal.setCheckable(True)
        self._link = _button(_KEYS_ARE_MADE, "link", self.tr("Open %1 in the browser").replace("%1", _KEYS_ARE_MADE))
        self._fold = _button(self.tr("Another server"), "fold")
        self._fold.setCheckable(True)
        self._remove = _button(self.tr("Remove key"), "quiet")
        self._close = _button(self.tr("Cancel"), "plain")
        self._test = _button(self.tr("Test"), "plain")
        self._save = _button(self.tr("Save"), "primary")
        self._save.setDefault(True)

    def _lay_out(self) -> None:
        result = QHBoxLayout()
        result.setSpacing(8)
        result.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        result.addWidget(self._said, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._remove)
        buttons.addStretch(1)
        for button in (self._close, self._test, self._save):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.addStrut(self._theme.px(_WIDTH) - 2 * _MARGIN)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(12)
        column.addWidget(Label(self._theme, self.tr("Paste an API key"), role="heading", weight=600))
        column.addWidget(self._make_form())
        column.addLayout(result)
        column.addLayout(buttons)
        self._key.setFocus()

    def _make_form(self) -> QWidget:
        made = QHBoxLayout()
        made.setSpacing(4)
        made.addWidget(Label(self._theme, self.tr("Keys are made at"), role="secondary", tone="secondary"))
        made.addWidget(self._link)
        made.addStretch(1)
        field = QHBoxLayout()
        field.setSpacing(8)
        field.addWidget(self._key, 1)
        field.addWidget(self._reveal)
        self._form = QWidget()
        rows = QVBoxLayout(self._form)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(12)
        rows.addLayout(made)
        rows.addLayout(field)
        rows.addWidget(self._in_use)
        rows.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(self._make_server())
        return self._form

    def _make_server(self) -> QWidget:
        self._server = QWidget()
        self._server.hide()
        rows = QVBoxLayout(self._server)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        for text, field in (
            (self.tr("Address"), self._address),
            (self.tr("How the key is sent"), self._header),
        ):
            rows.addWidget(Label(self._theme, text, role="secondary", tone="secondary"))
            rows.addWidget(field)
            rows.addSpacing(4)
        return self._server

    def _connect(self) -> None:
        self._key.textChanged.connect(self._follow_text)
        self._address.textChanged.connect(self._follow_text)
        self._address.textEdited.connect(self._follow_text)
        self._header.activated.connect(self._follow_text)
        self._reveal.toggled.connect(self._show_key)
        self._link.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(f"https://{_KEYS_ARE_MADE}/")))
        self._fold.toggled.connect(self._show_server)
        self._test.clicked.connect(self._start_test)
        self._save.clicked.connect(lambda: self._start(self._keep))
        self._remove.clicked.connect(lambda: self._start(self._forget))
        self._close.clicked.connect(self.reject)
        self._account.changed.connect(self._tell_in_use)
        self._theme.changed.connect(self._draw_icons)

    def _take_over(self) -> None:
        """Begin with the server in use."""
        access = self._account.access
        if access is not None and not access.server.is_anthropic:
            self._address.setText(access.server.base_url)
            usual = access.server == Server(access.server.base_url)
            self._header.setCurrentIndex(0 if usual else _HEADERS.index(access.server.auth))
            self._fold.setChecked(True)
        self._tell_in_use()

    # --- what is shown ---

    def _draw_icons(self) -> None:
        self._reveal.setIcon(self._theme.icon("eye"))
        self._fold.setIcon(self._theme.icon("chevron-down" if self._fold.isChecked() else "chevron-right"))
        tokens = self._theme.tokens
        self._link.setIcon(self._theme.icon("external-link", tokens.accent))
        mark = ("check", tokens.accent) if self._is_well else ("circle-alert", tokens.danger)
        self._mark.setPixmap(self._theme.pixmap(*mark))

    def _show_key(self, shown: bool) -> None:
        self._key.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)

    def _show_server(self, shown: bool) -> None:
        self._server.setVisible(shown)
        self._draw_icons()

    def _tell_in_use(self) -> None:
        access = self._account.access
        source, variable = ("none", "") if access is None else (access.source, access.variable)
        text = {
            "environment": self.tr("The key of %1 is in use; it comes before this one.").replace("%1", variable),
            "keyring": self.tr("A key is kept in this computer's keyring. Saving another one replaces it."),
            "session": self.tr("A key is kept for this run. Saving another one replaces it."),
            "none": "",
        }[source]
        self._in_use.setText(text)
        self._in_use.setVisible(bool(text))
        self._remove.setVisible(source in {"keyring", "session"})

    def _follow_text(self) -> None:
        """What was typed is another key: say what is wrong with it, and forget what was found about the last one."""
        self._listed = None
        self._say(self._fault())
        self._enable(not self._key.isReadOnly())

    def _fault(self) -> str:
        """What is wrong with the key; the address is judged when it is used, not while it is typed."""
        if not self._key.text().strip():
            return ""
        try:
            clean_key(self._key.text(), self._wanted_server())
        except BadKey as error:
            return sentence(error)
        except BadAddress:
            return ""
        return ""

    def _wanted_server(self) -> Server:
        return Server(self._base_url.strip() or ANTHROPIC, self._auth)

    @property
    def _base_url(self) -> str:
        return self._address.text()

    @property
    def _auth(self) -> Auth:
        return _HEADERS[self._header.currentIndex()]

    def _say(self, text: str, *, well: bool = False) -> None:
        self._said.setText(text)
        self._is_well = well
        self._draw_icons()
        for part in (self._mark, self._said):
            part.setVisible(bool(text))

    def _enable(self, on: bool) -> None:
        typed = bool(self._key.text().strip() or self._base_url.strip())  # another server may do without a key
        usable = on and typed and not self._fault()
        self._test.setEnabled(usable)
        self._save.setEnabled(usable)
        self._remove.setEnabled(on)

    def _set_busy(self, busy: bool) -> None:
        if busy:
            self._key.setFocus()  # or disabling the button would send the focus to whatever comes next
        for field in (self._key, self._address):
            field.setReadOnly(busy)
        self._header.setDisabled(busy)
        self._enable(not busy)
        self._test.setText(self.tr("Test"))

    # --- what the person wants ---

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        self._set_busy(True)
        return self._tasks.start(self._guarded(work), "key dialog")

    def _start_test(self) -> None:
        self._test_task = self._start(self._ask)
        self._test.setText(self.tr("Testing…"))

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do it and say what went wrong. The dialog may have been closed meanwhile."""
        told = ""
        try:
            await work()
        except VisavisError as error:
            told = sentence(error, charged=False)
            if isinstance(error, BadAddress) and not self._is_closed:
                self._fold.setChecked(True)
        if not self._is_closed:
            self._test_task = None
            self._set_busy(False)
            if told:
                self._say(told)

    async def _ask(self) -> None:
        self._listed = await self._account.test(self._key.text(), self._base_url, self._auth)
        number = len(self._listed)
        text = self.tr("Works: 1 model.") if number == 1 else self.tr("Works: %1 models.")
        self._say(text.replace("%1", str(number)), well=True)

    async def _keep(self) -> None:
        server = self._wanted_server()
        listed = self._listed
        kept = await self._account.save_key(self._key.text(), self._base_url, self._auth)
        access = self._account.access
        other_server = access is None or access.server != server
        if listed is not None and not other_server:
            self._account.join_models(listed)
        if self._is_closed:
            return
        more = ""
        if other_server:
            more = self.tr("The environment names another server: that one is used.")
        elif access is not None and access.source == "environment":
            more = self.tr("The key of %1 comes before it.").replace("%1", access.variable)
        self._finish(kept, more)

    def _finish(self, kept: str, more: str) -> None:
        where = {
            "keyring": self.tr("Kept in this computer's keyring."),
            "session": self.tr("No usable keyring here: kept for this run only."),
            "none": self.tr("This server is used without a key."),
        }[kept]
        for done_with in (self._form, self._close, self._test, self._remove):
            done_with.hide()
        self._save.setText(self.tr("Done"))
        self._save.setAccessibleName(self.tr("Done"))
        self._save.clicked.disconnect()
        self._save.clicked.connect(self.accept)
        self._save.setEnabled(True)
        self._save.setFocus()
        self._say(f"{where} {more}".strip(), well=True)

    async def _forget(self) -> None:
        await self._account.remove_key()
        if not self._is_closed:
            self._say(self.tr("The key is removed."), well=True)

    # --- Qt ---

    def done(self, result: int) -> None:
        self._is_closed = True
        if self._test_task is not None:
            self._test_task.cancel()
        super().done(result)


def _button(text: str, kind: str, name: str = "") -> QPushButton:
    button = QPushButton(text)
    button.setProperty("kind", kind)
    button.setAccessibleName(name or text)
    return button
