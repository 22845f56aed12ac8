import sys
from PySide6.QtWidgets import QWidget
from app.conversation.backups import Backups
from app.conversation.remote_files import RemoteFiles
from app.ui.settings_dialog import SettingsDialog, _PAGES
from app.core.store import Conversation
from tests.conftest import finish
def test_shot(qtbot, theme, tools, tmp_path):
    tools.pictures.add_bytes(b"x"*61_200_000,"a")
    finish(tools.store.create(Conversation("c")))
    b=Backups(tools.store,tools.threads); finish(b.make(1_795_287_720.0))
    over=QWidget(); qtbot.addWidget(over)
    for look in ("light","dark"):
        tools.preferences.update(theme=look)
        d=SettingsDialog(theme,tools,RemoteFiles(tools.account,tools.tasks),tmp_path/"data",over); d.show()
        d._tabs.setCurrentIndex(_PAGES.index("data")); page=d._data
        qtbot.waitUntil(lambda: "conversations" in page._room.text())
        page._restore.click(); qtbot.waitUntil(lambda: not page._take_back.isHidden())
        qtbot.wait(50); d.grab().save(f"/tmp/v/b6/data_{look}.png"); d.hide()
