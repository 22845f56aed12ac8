"""Visavis in a process of its own, with somebody before it: `python -m tests.long.driver PLAN [ARGUMENT…]`.

The app runs as it does for a person; only its window is of a class that gives somebody a seat when it is shown. All
that the app acknowledges is told on the standard output (`tests.long.reports`). The arguments behind the plan are the
app's.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

from app import __main__ as command_line

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


@dataclass(frozen=True)
class Plan:
    """What somebody is to do, in one run of the app."""

    script: str = "live"
    """"live": whatever comes to mind, until the process ends; "stream": one question; "look": nothing at all."""
    seed: int = 0
    round: int = 0
    pictures: list[str] = field(default_factory=list)
    """Paths of pictures that may be dropped, each once."""
    expected: dict[str, str] = field(default_factory=dict)
    """Ids of the conversations one of which is to be open after the start, and a word that is to be seen in it."""
    leave: str = ""
    """How a "stream" is left from inside: "close" or "quit"; empty where it is not."""
    after: float = 0.0
    """Seconds from the first words of the answer until then."""
    broken: str = ""
    """What is broken of the app on purpose (`tests.long.broken`)."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))


def main() -> int:
    plan = Plan.from_json(sys.argv[1])
    command_line.load_core()
    from PySide6.QtGui import QShowEvent

    from app import window
    from app.ui.main_window import MainWindow
    from tests.long.reports import tell

    if plan.broken:
        from tests.long.broken import BROKEN

        BROKEN[plan.broken]()

    class Seat(MainWindow):
        is_taken = False

        def showEvent(self, event: QShowEvent) -> None:
            super().showEvent(event)
            if not self.is_taken:
                self.is_taken = True
                _sit_down(self, plan)

        def open_pictures(self, paths: list[str]) -> None:  # type: ignore[override]  # as it is called
            tell("handed", paths=paths)
            super().open_pictures(paths)

    window.MainWindow = Seat  # type: ignore[attr-defined]  # the one seam: what the app calls its window
    return command_line.main(sys.argv[2:])


def _sit_down(window: MainWindow, plan: Plan) -> None:
    from tests.long.eyes import Eyes
    from tests.long.person import Person, Streamer

    eyes = Eyes(window, plan.expected)
    if plan.script == "live":
        Person(window, eyes, plan)
    elif plan.script == "stream":
        Streamer(window, eyes, plan)


if __name__ == "__main__":
    sys.exit(main())
