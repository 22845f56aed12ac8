"""What can be done with the conversations that are chosen in the list: the entries of their menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget

from app.conversation.desk import Desk
from app.conversation.history import TRASH
from app.ui import figures
from app.ui.conversation_list import ConversationList
from app.ui.picture_facts import shown_name, shown_title
from app.ui.view_switch import ask_name

translate = QCoreApplication.translate


def conversation_menu(
    desk: Desk, listed: ConversationList, parent: QWidget, export: Callable[[tuple[str, ...]], object] | None = None
) -> QMenu:
    """The menu for what is chosen; it deletes itself when closed. `export` is told what is to be exported."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    ids = listed.chosen_ids
    if desk.history.view == TRASH:
        if len(ids) == 1:
            _add(menu, _tr("Read"), "Enter", partial(desk.look_at, ids[0]))
        menu.addAction(_tr("Restore"), partial(desk.restore, *ids))
        _add(menu, _tr("Delete for good…"), "Del", partial(ask_to_erase, desk, ids, parent))
        return menu
    single = len(ids) == 1
    kept = any(not desk.history.is_unsent(each) for each in ids)
    if single:
        _add(menu, _tr("Open"), "Enter", partial(desk.open, ids[0]))
        rename = partial(_rename, desk, listed, ids[0])
        _add(menu, _tr("Rename"), "F2", rename, on=kept)
        menu.addSeparator()
    _add_marks(menu, desk, ids, on=kept)
    _add_moves(menu.addMenu(_tr("Move to")), desk, ids, parent, on=kept)
    if single:
        _add(menu, _tr("Duplicate"), "", partial(desk.duplicate, ids[0]), on=kept)
    archived = all(desk.history.filed(each).archived for each in ids)
    words = _tr("Take out of the archive") if archived else _tr("Archive")
    _add(menu, words, "", partial(desk.cabinet.archive, ids, on=not archived), on=kept)
    if export is not None:
        _add(menu, _tr("Export…"), "Ctrl+E", partial(export, ids), on=kept)
    menu.addSeparator()
    _add(menu, _tr("Delete"), "Del", listed.delete_chosen)
    return menu


def ask_to_erase(desk: Desk, ids: Sequence[str], parent: QWidget) -> None:
    """Delete conversations of the trash for good, if the person says so once more."""
    if not ids:
        return
    question = QMessageBox(parent)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setTextFormat(Qt.TextFormat.PlainText)
    question.setWindowTitle(_tr("Delete for good"))
    question.setText(_tr("Delete %1 for good? They cannot be brought back.").replace("%1", chats(len(ids))))
    if len(ids) == 1:
        known = desk.history.trashed(ids[0])
        title = shown_title(known.title, known.pictures) if known is not None else ""
        question.setText(_tr("Delete “%1” for good? It cannot be brought back.").replace("%1", title))
    erase = question.addButton(_tr("Delete for good"), QMessageBox.ButtonRole.DestructiveRole)
    question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
    erase.clicked.connect(lambda: desk.erase(*ids))
    question.open()


def chats(number: int) -> str:
    """So many conversations, in words."""
    return _tr("1 chat") if number == 1 else _tr("%1 chats").replace("%1", figures.count(number))


def _rename(desk: Desk, listed: ConversationList, conversation_id: str) -> None:
    """Rows may have moved while the menu was open: an answer that ends takes its conversation to the top."""
    listed.rename_row(desk.history.index(desk.history.reach(conversation_id)))


def _add_marks(menu: QMenu, desk: Desk, ids: Sequence[str], *, on: bool) -> None:
    filed = [desk.history.filed(each) for each in ids]
    pinned, unread = all(each.pinned for each in filed), all(each.unread for each in filed)
    _add(menu, _tr("Unpin") if pinned else _tr("Pin"), "", partial(desk.cabinet.pin, ids, on=not pinned), on=on)
    words = _tr("Mark as read") if unread else _tr("Mark as unread")
    _add(menu, words, "", partial(desk.cabinet.mark_unread, ids, on=not unread), on=on)


def _add_moves(menu: QMenu, desk: Desk, ids: Sequence[str], parent: QWidget, *, on: bool) -> None:
    cabinet = desk.cabinet
    menu.setEnabled(on)
    here = {desk.history.filed(each).folder for each in ids}
    for folder, name in (("", _tr("No folder")), *((each.id, shown_name(each.name)) for each in cabinet.folders)):
        action = menu.addAction(name.replace("&", "&&"), partial(cabinet.move, ids, folder))
        action.setCheckable(True)
        action.setChecked(here == {folder})
    menu.addSeparator()

    def move_to(name: str) -> None:
        cabinet.move(ids, cabinet.add_folder(name))

    menu.addAction(_tr("New folder…"), partial(ask_name, parent, _tr("New folder"), "", move_to))


def _add(menu: QMenu, words: str, keys: str, do: object, *, on: bool = True) -> None:
    action = menu.addAction(words, QKeySequence(keys), do)  # type: ignore[call-overload]  # any callable will do
    action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # shown only: the list has these keys itself
    action.setEnabled(on)


def _tr(words: str) -> str:
    return translate("conversation_menu", words)
