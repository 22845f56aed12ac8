"""Why a file cannot be imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.core.errors import VisavisError

Reason = Literal["unreadable", "unknown", "damaged", "too_large", "too_new", "empty"]
"""unreadable: it cannot be opened. unknown: neither an archive of ours nor an export of claude.ai. damaged: it begins
like one. too_large: it unpacks to more than is taken. too_new: a later version wrote it. empty: no conversation."""


@dataclass
class ImportRefused(VisavisError):
    name: str
    """The name the person knows the file by."""
    reason: Reason
