"""The command line: a window with pictures, or `ask` without one."""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from app import __version__

if TYPE_CHECKING:
    from app.core.ear import HeardLock, Outcome
    from app.core.place import Place

NO_DISPLAY: Final = 3
_WITH_VALUE: Final = {"--data-dir", "--model"}


def parser() -> argparse.ArgumentParser:
    window = argparse.ArgumentParser(
        prog="visavis",
        description="Chat with Claude about pictures, and know the price before you send.",
        allow_abbrev=False,
        epilog='Without a window: visavis ask "How do these differ?" a.png b.png (see: visavis ask --help)',
    )
    window.add_argument("pictures", nargs="*", metavar="PICTURE", help="opened in a new chat")
    window.add_argument("--practice", action="store_true", help="measure pictures here; ask no model, cost nothing")
    window.add_argument("--data-dir", metavar="DIR", help="holds everything the app writes (also VISAVIS_DATA_DIR)")
    window.add_argument("--model", metavar="ID", help="the model that the new chat asks")
    window.add_argument("--version", action="version", version=f"Visavis {__version__}")
    return window


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if getattr(sys, "frozen", False) and _is_to_decode(arguments):
        return 0
    asking = _index_of_ask(arguments)
    if asking is not None:
        from app import ask

        options = ask.parser().parse_args([*arguments[:asking], *arguments[asking + 1 :]])
        return ask.run(options, _place(options), os.environ)
    options = parser().parse_args(arguments)
    if not has_display(os.environ):
        print('There is no display for a window. In a terminal, use: visavis ask "…" PICTURE…', file=sys.stderr)
        return NO_DISPLAY
    place = _place(options)
    lock = _lock(place)
    outcome = "absent" if lock else _handed_over(place, options)
    if outcome == "taken":
        return 0
    load_core()
    from app import window

    return window.run(
        place,
        lock,
        is_silent=outcome == "silent",
        pictures=options.pictures,
        practice=options.practice,
        model=options.model or "",
        environ=os.environ,
    )


def _is_to_decode(arguments: Sequence[str]) -> bool:
    """Whether a bundle, which has no interpreter to call, has started itself to decode pictures; then that is done."""
    from app.core import children, decoding

    if arguments != [children.FROZEN_ARGUMENT]:
        return False
    decoding.main()
    return True


def _lock(place: Place) -> HeardLock | None:
    """Take the data folder before anything large is imported; None where something is in the way, be it its owner."""
    from app.core.ear import HeardLock
    from app.core.errors import StoreError

    try:
        place.check()
        return HeardLock.acquire(place.folder)
    except StoreError:
        return None  # the window asks what is to be done


def _handed_over(place: Place, options: argparse.Namespace) -> Outcome:
    """Give the pictures to the process that has the folder open already, if there is one that answers."""
    from app.core.ear import OPEN_ALREADY, hand_over

    outcome = hand_over(place.folder, options.pictures)
    if outcome == "taken" and (options.practice or options.model):
        print(OPEN_ALREADY, file=sys.stderr)
    return outcome


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether Qt can open a window; it would abort the process where it cannot."""
    if sys.platform in {"win32", "darwin"} or environ.get("QT_QPA_PLATFORM", "xcb").split(":")[0] not in {"xcb", ""}:
        return True
    if environ.get("WAYLAND_DISPLAY"):
        return True
    display = environ.get("DISPLAY", "")
    if not display.startswith(":"):
        return bool(display)
    number = display[1:].split(".")[0]
    with socket.socket(socket.AF_UNIX) as probe:
        # Where X servers listen, on the path or on the abstract name of the same spelling.
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  # not ours: fixed by X11
        return any(not probe.connect_ex(root + path) for root in ("", "\0"))


def load_core() -> None:
    """Import what knows no Qt, before Qt: of each module imported later, PySide reads the source (for `__feature__`).

    Nothing that a start makes is garbage, so the collector sleeps until the window is shown.
    """
    gc.disable()
    import app.core.catalog
    import app.core.cost
    import app.core.settings
    import app.core.store  # noqa: F401  # for their import alone


def _index_of_ask(arguments: Sequence[str]) -> int | None:
    """Where `ask` stands as the first word that is no option; None where the first word is a picture."""
    skip = False
    for index, argument in enumerate(arguments):
        if skip:
            skip = False
        elif argument in _WITH_VALUE:
            skip = True
        elif not argument.startswith("-"):
            return index if argument == "ask" else None
    return None


def _place(options: argparse.Namespace) -> Place:
    from app.core.place import data_place

    return data_place(options.data_dir, os.environ)


if __name__ == "__main__":
    sys.exit(main())
