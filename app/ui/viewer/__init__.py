"""The pictures of a conversation or a draft, large."""

from app.ui.viewer.opening import open_draft, open_sent

__all__ = ["open_draft", "open_sent"]
