"""One process a data folder: over a socket in it, a second start hands its pictures to the first.

`visavis ask` asks the first for leave to spend, in the messages of `app.core.ledger_messages`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from shiboken6 import isValid

from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.core.ear import TAKEN, address, opening
from app.core.ledger_messages import answer
from app.core.message import JSON

log = logging.getLogger("visavis")

_LONGEST: Final = 4 << 20
"""Bytes of one message: hundreds of long paths. A longer one is not read."""
SECONDS: Final = 2.0
_MILLISECONDS: Final = 2000
_GATHERED_MILLISECONDS: Final = 30
"""All that wait are answered before the pictures of the first are opened: of a hundred the last would wait for long."""
_BETWEEN: Final = 0.05
"""Seconds between two tries to be heard."""


class Instance(QObject):
    """The first process's ear.

    Signals:
        called(list[str]): another start wants these picture paths opened; empty just asks for the window.
    """

    called = Signal(list)

    def __init__(
        self, folder: Path, spending: Spending, tasks: Tasks, parent: QObject | None = None, *, ear: int = -1
    ) -> None:
        """`ear` is the descriptor of a socket that listens there (`app.core.ear`), which becomes ours; -1 for none."""
        super().__init__(parent)
        self._spending = spending
        self._tasks = tasks
        self._wanted: list[list[str]] = []
        self._gathering = QTimer(self, singleShot=True, interval=_GATHERED_MILLISECONDS)
        self._gathering.timeout.connect(self._tell)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._accept)
        self._place = address(folder)
        self._listen(ear)

    def close(self) -> None:
        """Hear nobody any more. What was taken is told of at once."""
        self._server.close()
        self._tell()

    def listen(self) -> None:
        """Hear them again after all."""
        self._listen(-1)

    def _listen(self, ear: int) -> None:
        if ear < 0:
            # We hold the folder's lock: whoever left a socket there is gone.
            QLocalServer.removeServer(self._place)
        if not (self._server.listen(ear) if ear >= 0 else self._server.listen(self._place)):
            log.warning("second starts cannot be heard: %s", self._server.errorString())

    def _accept(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(socket.deleteLater)

    def _read(self, socket: QLocalSocket) -> None:
        if socket.bytesAvailable() > _LONGEST:
            socket.abort()
            return
        if not socket.canReadLine():
            return
        message = _message(bytes(socket.readLine().data()))
        paths = _paths(message)
        if paths is None:
            self._tasks.start(self._answer(socket, message), "answer another process")
            return
        socket.write(TAKEN)
        socket.flush()
        if socket.state() == QLocalSocket.LocalSocketState.ConnectedState:  # else it has given up, and told so
            self._wanted.append(paths)
            self._gathering.start()

    def _tell(self) -> None:
        wanted, self._wanted = self._wanted, []
        for paths in wanted:
            self.called.emit(paths)

    async def _answer(self, socket: QLocalSocket, message: JSON) -> None:
        reply = await answer(self._spending.ledger, self._spending.caps, message)
        if not isValid(socket):  # whoever asked has gone
            return
        if reply is None:
            socket.abort()
            return
        socket.write(json.dumps(reply).encode() + b"\n")
        socket.flush()
        self._spending.changed.emit()


def hand_over(folder: Path, pictures: Sequence[str], seconds: float = SECONDS) -> bool:
    """Give the pictures to the process that owns the folder. False where nobody listens within `seconds`."""
    socket = _connected(address(folder), seconds)
    if socket is None:
        return False
    socket.write(opening(pictures))
    answered = socket.waitForBytesWritten(_MILLISECONDS) and socket.waitForReadyRead(_MILLISECONDS)
    return bool(answered) and socket.readLine().data() == TAKEN


def asked_of_owner(folder: Path, message: JSON) -> JSON | None:
    """What the process that owns the folder answers; None where nobody does within two seconds."""
    socket = _connected(address(folder), SECONDS)
    if socket is None:
        return None
    socket.write(json.dumps(message).encode() + b"\n")
    answered = socket.waitForBytesWritten(_MILLISECONDS) and socket.waitForReadyRead(_MILLISECONDS)
    return _message(bytes(socket.readLine().data())) if answered else None


def _connected(place: str, seconds: float) -> QLocalSocket | None:
    """A line to the first process. One that has just started may listen only after its window is there."""
    deadline = time.monotonic() + seconds
    while True:
        socket = QLocalSocket()
        socket.connectToServer(place)
        if socket.waitForConnected(_MILLISECONDS):
            return socket
        if time.monotonic() >= deadline:
            return None
        time.sleep(_BETWEEN)


def _message(line: bytes) -> JSON:
    """What a line says; nothing where it is no message."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _paths(message: JSON) -> list[str] | None:
    """The paths that are to be opened; None where a message is about something else."""
    paths = message.get("open")
    if not isinstance(paths, list) or not all(isinstance(path, str) and Path(path).is_absolute() for path in paths):
        return None
    return paths
