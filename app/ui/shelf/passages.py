"""What answers have said of a picture: passages to pick its description from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.core.message import Message
from app.ui.transcript.picture_names import named_pictures

_BLANK: Final = re.compile(r"\n[ \t]*\n")
_MARKS: Final = re.compile(r"^#{1,6} +|^>+ ?|\*\*", re.MULTILINE)
_MOST: Final = 12
"""Passages offered."""


def passages(history: Sequence[Message], number: int) -> list[str]:
    """Paragraphs of answers that name the picture, the first answer first.

    Where none does, as with a picture that is asked about alone, those of the first answer to its question.
    """
    answers = [message for message in history if message.role == "assistant" and message.text.strip()]
    named = [text for answer in answers for text in _paragraphs(answer) if number in named_pictures(text)]
    return list(dict.fromkeys(named or _answered(history, number)))[:_MOST]


def _answered(history: Sequence[Message], number: int) -> list[str]:
    asked = next((row for row, m in enumerate(history) if any(image.number == number for image in m.images)), None)
    if asked is None or len(history[asked].pictures) > 1:
        return []
    answer = next((m for m in history[asked + 1 :] if m.role == "assistant" and m.text.strip()), None)
    return _paragraphs(answer) if answer is not None else []


def _paragraphs(answer: Message) -> list[str]:
    """Without the marks of headings, quotes and bold words, and without what is code."""
    found = (_MARKS.sub("", part).strip() for part in _BLANK.split(answer.text) if not part.lstrip().startswith("```"))
    return [text for text in found if text]
