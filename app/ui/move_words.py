"""Why the data folder cannot be moved somewhere, in one sentence with what to do."""

from __future__ import annotations

from app.core.errors import VisavisError
from app.core.moving import MoveRefused
from app.ui.errors import sentence
from app.ui.errors.form import filled, tr
from app.ui.figures import file_size


def move_sentence(error: VisavisError) -> str:
    """The words for MoveRefused, and for what else ends a move."""
    if not isinstance(error, MoveRefused):
        return sentence(error)
    words = {
        "same": tr("Everything is in %1 already. Choose another folder."),
        "inside": tr("%1 is inside the present data folder. Choose a folder outside of it."),
        "not_empty": tr("%1 is not empty. Choose an empty folder, or make a new one in there."),
        "not_a_folder": tr("%1 is not a folder. Choose a folder."),
        "denied": tr("Nothing can be written to %1. Choose another folder, or allow writing there."),
        "no_room": tr("%1 has %3 free, and %2 are needed. Free some space there, or choose another disk."),
        "gone": tr("%1 is not as it was when the move was planned. Connect its disk and try again."),
        "unreadable": tr("%1 cannot be read, so not everything can be moved. Look after it, and try again."),
        "changed": tr("What arrived at %1 is not what was sent off. The disk may be at fault; try again."),
    }[error.reason]
    path = "".join(c for c in error.path if c.isprintable())
    return filled(words, path, file_size(error.needed_bytes), file_size(error.free_bytes))
