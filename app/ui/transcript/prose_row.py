"""A row of words: a paragraph, a heading, items of a list, a quote; read as Markdown, or shown as they were typed."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor, QFocusEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QWidget

from app.core import formulas
from app.ui.theme import TextRole
from app.ui.transcript import markup
from app.ui.transcript.content import Prose, Voice
from app.ui.transcript.formula_pictures import Look
from app.ui.transcript.formulas_in import FormulasIn
from app.ui.transcript.host import Host
from app.ui.transcript.text import SafeTextView

_ROLES: Final[dict[Voice, TextRole]] = {"answer": "body", "thought": "secondary", "question": "body"}


class ProseRow(SafeTextView):
    """Formulas in it are drawn as soon as they can be; until then their TeX is to be seen."""

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(host.theme, parent)
        self._host = host
        self._content: Prose | None = None
        self._voice: Voice = "answer"
        self.ringed = False
        """Whether a line around it is to show that it has the focus."""
        self._formulas = FormulasIn(self.document(), host.theme, host.formulas)
        self.setAccessibleName(self._name)
        self.link_opened.connect(host.link_opened)
        self.picture_named.connect(host.picture_named)
        host.formulas.drawn.connect(self._take_drawn)

    @property
    def view(self) -> SafeTextView:
        return self

    def show_content(self, content: Prose) -> None:
        known, self._content = self._content, content
        if known is None or not _goes_on(known, content):
            self.clear_selection()
            self.mark(())
        self._speak(content.voice)
        self.pictures = content.pictures
        self.show_text(content.block.text, self._show_typed if content.block.plain else self._show_markdown)
        self.set_caret(content.open)

    def height_for(self, width: int) -> int:
        if self._formulas.fit(width):
            self._resized()
        return self.heightForWidth(width)

    def shift(self, pixels: int) -> None:
        """Nothing in it is wider than the row."""

    def let_go(self) -> None:
        self._content = None
        self._formulas.clear()
        self.clear_selection()
        self.mark(())
        self.set_caret(False)
        self.setToolTip("")

    @property
    def _name(self) -> str:
        """Whose words they are, to those who hear them."""
        match self._voice:
            case "thought":
                return self.tr("Thinking")
            case "question":
                return self.tr("Your message")
            case _:
                return self.tr("Answer")

    @property
    def _color(self) -> str:
        """Of its words; empty where it is that of all text."""
        return self._theme.tokens.text2 if self._voice == "thought" else ""

    def _speak(self, voice: Voice) -> None:
        if voice != self._voice:
            self._voice = voice
            self.set_font(self._theme.font(_ROLES[voice]))
            self.setAccessibleName(self._name)

    def _show_typed(self, text: str) -> None:
        self._formulas.clear()
        self._filled = markup.Filled()
        self.setAccessibleDescription("")
        document = self.document()
        document.setLayoutEnabled(False)
        document.clear()
        lines, words = QTextBlockFormat(), QTextCharFormat()
        markup.set_lines(lines, self._theme, _ROLES[self._voice])
        if self._color:
            words.setForeground(QColor(self._color))
        cursor = QTextCursor(document)
        cursor.setBlockFormat(lines)
        cursor.insertText(text, words)
        document.setLayoutEnabled(True)

    def _show_markdown(self, text: str) -> None:
        self._formulas.clear()
        found = formulas.find(text)
        definitions = self._content.definitions if self._content is not None and "[" in text else ""
        if found:
            text = formulas.protect(text, found)
        self._filled = markup.fill(
            self.document(),
            f"{text}\n\n{definitions}" if definitions else text,
            self._theme,
            pictures=self.pictures,
            role=_ROLES[self._voice],
            color=self._color,
            put=(lambda: self._put(found)) if found else None,
        )
        if found or self.accessibleDescription():
            self.setAccessibleDescription(self.plain if self._formulas else "")

    def _put(self, found: list[formulas.Formula]) -> None:
        role = _ROLES[self._voice]
        look = Look(
            self._theme.font(role).pixelSize(),
            self._color or self._theme.tokens.text,
            self.devicePixelRatioF(),
            markup.line_height(self._theme, role),
        )
        self._formulas.put(found, look)

    def _take_drawn(self) -> None:
        if self._content is not None and self._formulas.is_waiting and self._formulas.refresh():
            self._resized()
            self._host.resized.emit(self)

    def _show_ring(self, on: bool) -> None:
        self.ringed = on
        if (around := self.parentWidget()) is not None:
            around.update()  # which paints it

    # --- overrides of Qt ---

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        ringed, self._ring = self._ring, False  # within, it would touch the letters
        self._show_ring(ringed)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_ring(False)


def _goes_on(known: Prose, content: Prose) -> bool:
    """Whether it is the same words, and maybe more of them. What Markdown makes of their end may change."""
    one, other = known.block, content.block
    same = (one.number, one.start, one.plain, known.voice) == (other.number, other.start, other.plain, content.voice)
    return same and other.text.startswith(one.text)
