"""The conversation as it is read: one widget a turn, in a scroll area."""

from app.ui.transcript.view import Transcript

__all__ = ["Transcript"]
