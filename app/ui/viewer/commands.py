"""What can be done in the viewer: each command by its keys, and those that need no button in a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget


@dataclass(frozen=True, slots=True)
class Command:
    """`name` is empty for what is not in the menu; `starts_group` puts a line above it."""

    keys: tuple[str, ...]
    do: Callable[[], object]
    name: str = ""
    enabled: bool = True
    checked: bool | None = None
    """None where it is nothing to be switched on and off."""
    starts_group: bool = False


def popup_menu(commands: Sequence[Command], parent: QWidget) -> QMenu:
    """A menu of the commands with a name, which deletes itself."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for command in commands:
        if not command.name:
            continue
        if command.starts_group:
            menu.addSeparator()
        keys = QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
        action = menu.addAction(
            f"{command.name}\t{keys}", command.do
        )  # not a shortcut of its own: the keys are read here
        action.setEnabled(command.enabled)
        if command.checked is not None:
            action.setCheckable(True)
            action.setChecked(command.checked)
    return menu


def command_of(event: QKeyEvent, commands: Sequence[Command]) -> Command | None:
    """The command of a key."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.key() in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier  # which of the two needs it depends on the keyboard
    pressed = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
    return next((c for c in commands if pressed in [QKeySequence(key) for key in c.keys] and c.enabled), None)
