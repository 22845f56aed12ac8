"""What a paragraph of a document is: code, a quote, a rule, or the empty one below a table."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QTextBlock, QTextBlockFormat, QTextCursor, QTextFormat

CODE: Final = int(QTextFormat.Property.BlockCodeFence.value)
QUOTE: Final = int(QTextFormat.Property.BlockQuoteLevel.value)
RULE: Final = int(QTextFormat.Property.BlockTrailingHorizontalRulerWidth.value)
_DEEPEST_QUOTE: Final = 8


def is_rule(block: QTextBlock) -> bool:
    return block.blockFormat().hasProperty(RULE)


def is_code(block: QTextBlock) -> bool:
    return is_of_code(block.blockFormat())


def is_of_code(form: QTextBlockFormat) -> bool:
    return form.hasProperty(CODE) or form.nonBreakableLines()


def quote_level(block: QTextBlock) -> int:
    """How deep in quotes a block is; 0 outside of them."""
    return min(block.blockFormat().intProperty(QUOTE), _DEEPEST_QUOTE)


def is_below_table(block: QTextBlock) -> bool:
    """Whether it is the empty block, without a height, that Qt has below every table."""
    return not block.text() and QTextCursor(block.previous()).currentTable() is not None
