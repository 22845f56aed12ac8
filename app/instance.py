"""One process a data folder: a second start hands its pictures to the first, over a socket in the folder."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger("visavis")

_LONGEST: Final = 4 << 20
"""Bytes of one message: hundreds of long paths. A longer one is not read."""
_MILLISECONDS: Final = 2000
_BETWEEN: Final = 0.05
"""Seconds between two tries to be heard."""
_SOCKET_PATH: Final = 100
"""Longest path of a Unix socket, in bytes, with room to spare (the kernel's limit is 108, macOS's 104)."""


class Instance(QObject):
    """The first process's ear.

    Signals:
        called(list[str]): another start wants these picture paths opened; empty just asks for the window.
    """

    called = Signal(list)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._accept)
        address = _address(folder)
        # We hold the folder's lock: whoever left a socket there is gone.
        QLocalServer.removeServer(address)
        if not self._server.listen(address):
            log.warning("second starts cannot be heard: %s", self._server.errorString())

    def close(self) -> None:
        self._server.close()

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
        paths = _paths(bytes(socket.readLine().data()))
        if paths is None:
            socket.abort()
            return
        socket.write(b"ok\n")
        socket.flush()
        self.called.emit(paths)


def hand_over(folder: Path, pictures: Sequence[str]) -> bool:
    """Give the pictures to the process that owns the folder. False where it does not answer within two seconds."""
    socket = _connected(_address(folder))
    if socket is None:
        return False
    paths = [str(Path(picture).absolute()) for picture in pictures]
    socket.write(json.dumps({"open": paths}).encode() + b"\n")
    answered = socket.waitForBytesWritten(_MILLISECONDS) and socket.waitForReadyRead(_MILLISECONDS)
    return bool(answered) and socket.readLine().data() == b"ok\n"


def _connected(address: str) -> QLocalSocket | None:
    """A line to the first process. One that has just started listens only after its window is there."""
    deadline = time.monotonic() + _MILLISECONDS / 1000
    while time.monotonic() < deadline:
        socket = QLocalSocket()
        socket.connectToServer(address)
        if socket.waitForConnected(_MILLISECONDS):
            return socket
        time.sleep(_BETWEEN)
    return None


def _paths(line: bytes) -> list[str] | None:
    """The paths of a message; None for anything that is not one of ours."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    paths = message.get("open") if isinstance(message, dict) else None
    if not isinstance(paths, list) or not all(isinstance(path, str) and Path(path).is_absolute() for path in paths):
        return None
    return paths


def _address(folder: Path) -> str:
    """The socket's path in the folder; a name made from it where the path would be too long or the system has pipes."""
    path = str(folder / "socket")
    if sys.platform != "win32" and len(path.encode()) <= _SOCKET_PATH:
        return path
    return f"visavis-{hashlib.sha256(str(folder).encode()).hexdigest()[:24]}"
