"""Saving pictures from the viewer: under which name, where, and never over a file without a question."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QCoreApplication, QObject, QStandardPaths, Qt, QTimer
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from app.conversation.gallery import Gallery
from app.core.errors import PictureError, VisavisError
from app.core.message import ImageBlock
from app.ui.errors import sentence
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.theme import Theme
from app.ui.viewer.shown import Shown

translate = QCoreApplication.translate

Dialog = TypeVar("Dialog", bound=QDialog)

_SUFFIXES: Final = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "TIFF": (".tif", ".tiff"),
    "HEIC": (".heic", ".heif"),
    "HEIF": (".heif", ".heic"),
    "MPO": (".jpg", ".jpeg", ".mpo"),
}
"""The usual one first; every other format's suffix is its name."""
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
_FORBIDDEN: Final = re.compile(r'[/\\:*?"<>|]')
"""In file names, on one system or another."""
_LONGEST: Final = 120
"""Characters of a name without its suffix."""
_SEEN: Final = 4000
"""Milliseconds that words stay."""


def original_name(picture: Shown) -> str:
    """What the kept original is best saved as."""
    stem, suffix = _stem(picture.name), Path(picture.name).suffix
    usual = _SUFFIXES.get(picture.format.upper(), (f".{picture.format.lower()}",))
    return stem + (suffix if suffix.lower() in usual else usual[0])


def sent_name(image: ImageBlock) -> str:
    """What the bytes that were sent are best saved as."""
    kind = _FORMATS.get(image.media_type, "")
    suffix = _SUFFIXES.get(kind, (f".{kind.lower()}",))[0] if kind else ""
    part = f"-{image.part}" if image.kind == "tile" else "" if image.kind == "whole" else f"-{image.kind}"
    return f"{_stem(image.name)}-sent{part}{suffix}"


class Saving(QObject):
    """Asks where to, has the gallery write, and says over the picture what came of it."""

    def __init__(self, theme: Theme, gallery: Gallery, over: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._gallery = gallery
        self._over = over
        self._said = Label(theme, role="secondary", parent=over)
        self._said.setObjectName("said")
        self._said.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._said.hide()
        self._quiet = QTimer(self, singleShot=True, interval=_SEEN)
        self._quiet.timeout.connect(self._said.hide)
        self._asked: set[str] = set()
        """Files and folders that were chosen here: others may be saving, too."""
        gallery.saved.connect(self._on_saved)
        gallery.taken.connect(self._ask_to_replace)
        gallery.save_failed.connect(self._on_failed)

    def say(self, words: str) -> None:
        """Say something short for a few seconds."""
        self._said.setText(words)
        self._said.adjustSize()
        room = self._over.rect()
        self._said.move((room.width() - self._said.width()) // 2, room.height() - self._said.height() - 16)
        self._said.show()
        self._said.raise_()
        self._quiet.start()

    def ask_original(self, picture: Shown) -> None:
        """Ask where to save the original."""
        self._ask_file(picture.original, original_name(picture))

    def ask_sent(self, picture: Shown) -> None:
        """Ask where to save the very bytes that were sent; several parts go into a folder."""
        if len(picture.images) == 1:
            self._ask_file(picture.images[0].sent, sent_name(picture.images[0]))
        else:
            self._ask_folder(picture.images)

    def save(self, sha256: str, path: str) -> None:
        """Have it written there, and say what came of it."""
        self._asked.add(str(Path(path)))
        self._gallery.save(sha256, path)

    def _ask_file(self, sha256: str, name: str) -> None:
        """The dialog does not ask itself about a file that is there: its question would hold up the event loop."""
        dialog = self._dialog(self.tr("Save picture"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.save(sha256, path))
        dialog.open()

    def _ask_folder(self, images: tuple[ImageBlock, ...]) -> None:
        dialog = self._dialog(self.tr("Save pictures in a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        files = [(image.sent, sent_name(image)) for image in images]
        dialog.fileSelected.connect(lambda folder: self._asked.add(str(Path(folder))))
        dialog.fileSelected.connect(lambda folder: self._gallery.save_all(files, folder))
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = self._over_window(QFileDialog(self._parent.window(), title))
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation))
        return dialog

    def _over_window(self, dialog: Dialog) -> Dialog:
        """A dialog of the window itself: the viewer's would have the viewer's colours. It goes when this does."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.destroyed.connect(dialog.deleteLater)
        return dialog

    def _is_mine(self, path: str) -> bool:
        return bool({path, str(Path(path).parent)} & self._asked)

    def _ask_to_replace(self, sha256: str, path: str) -> None:
        if not self._is_mine(path):
            return
        question = self._over_window(QMessageBox(self._parent.window()))
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText(self.tr("%1 exists already.").replace("%1", one_line(Path(path).name)))
        question.setInformativeText(self.tr("Replace it?"))
        replace = question.addButton(self.tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        replace.clicked.connect(lambda: self._gallery.save(sha256, path, over=True))
        question.open()

    def _on_saved(self, path: str) -> None:
        if not self._is_mine(path):
            return
        self.say(self.tr("Saved as %1").replace("%1", one_line(Path(path).name)))

    def _on_failed(self, path: str, error: VisavisError) -> None:
        if not self._is_mine(path):
            return
        if isinstance(error, PictureError):
            self.say(sentence(error))
        else:
            name = one_line(Path(path).name)
            self.say(self.tr("%1 could not be written there. Choose another folder.").replace("%1", name))


def _stem(name: str) -> str:
    plain = _FORBIDDEN.sub("_", one_line(Path(name).stem)).strip(" .")
    return plain[:_LONGEST] or translate("saving", "picture")
