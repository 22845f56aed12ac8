"""How the viewer is coloured: dark in both themes, so that the picture alone is bright."""

from __future__ import annotations

from typing import Final

from app.ui.theme import DARK
from app.ui.viewer.canvas import GROUND

FAINT: Final = "#6E6B66"
"""Of what cannot be pressed: still to be read, half as bright as captions."""

SHEET: Final = f"""
Viewer {{ background: {GROUND}; }}
QLabel {{ color: {DARK.text}; }}
QLabel[tone="secondary"] {{ color: {DARK.text2}; }}
QLabel[tone="warning"] {{ color: {DARK.warn}; }}
QLabel#chip {{ background: {DARK.surface}; border: 1px solid {DARK.line}; border-radius: 6px; }}
QLabel#chip[sent="true"] {{ background: {DARK.soft}; color: {DARK.accent}; border-color: {DARK.soft}; }}
QFrame#remark {{ background: {DARK.surface}; border-radius: 8px; }}
QFrame#remark[warns="true"] {{ background: {DARK.on_warn}; }}
QLabel#said {{ background: {DARK.badge}; border-radius: 8px; padding: 6px 12px; }}
QScrollArea#sent_as, QWidget#facts {{ background: {DARK.background}; }}
QScrollArea#sent_as {{ border-left: 1px solid {DARK.line}; }}
QPushButton {{ color: {DARK.text}; background: transparent; border: 1px solid transparent; outline: none; }}
QPushButton[kind="pill"] {{ background: {DARK.surface}; border-color: {DARK.line}; border-radius: 15px; }}
QPushButton[kind="plain"] {{ background: {DARK.surface}; border-color: {DARK.line}; }}
QPushButton[kind="way"] {{ border-radius: 8px; padding: 0; min-height: 0; }}
QPushButton:hover {{ background: {DARK.hover}; }}
QPushButton:checked, QFrame#present {{ background: {DARK.soft}; border-radius: 8px; }}
QPushButton[kind="pill"]:checked {{ background: {DARK.soft}; border: 1px solid {DARK.accent}; border-radius: 15px; }}
QPushButton[kind="primary"] {{ background: {DARK.accent}; color: {DARK.on_accent}; }}
QPushButton:focus {{ border-color: {DARK.accent}; }}
QPushButton[kind="pill"]:focus, QPushButton[kind="primary"]:focus {{ border: 2px solid {DARK.text}; }}
QPushButton:disabled {{ color: {FAINT}; background: transparent; }}
QPushButton[kind="primary"]:disabled {{ background: {DARK.line}; color: {DARK.text2}; }}
QMenu {{ background: {DARK.surface}; border: 1px solid {DARK.line}; border-radius: 8px; padding: 4px; }}
QMenu::item {{ color: {DARK.text}; }}
QMenu::item:selected {{ background: {DARK.soft}; }}
QMenu::item:disabled {{ color: {DARK.text2}; }}
QMenu::indicator:checked {{ background: {DARK.accent}; }}
QMenu::separator {{ background: {DARK.line}; }}
QToolTip {{ background: {DARK.surface}; color: {DARK.text}; border: 1px solid {DARK.line}; }}
"""
