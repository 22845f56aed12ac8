"""The most memory that this process occupies at a time, by the word of Linux."""

from __future__ import annotations

from pathlib import Path


class Peak:
    """Begins anew from what is occupied now."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): the mark is set back
        self.before = _mark()
        """Megabytes occupied then."""

    @property
    def megabytes(self) -> float:
        """More than at the beginning, at the most so far: all pages in RAM (RSS), in 10⁶ bytes."""
        return _mark() - self.before


def _mark() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024 / 1e6
