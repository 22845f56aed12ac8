"""The states that pictures bring: on their way in, as they are sent, marked, refused, and large in the viewer."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageFilter
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QScrollArea, QWidget

from app.conversation.attachment import Source
from app.core.cuts import Box
from app.core.resources import resource
from app.ui.pages_dialog import PagesDialog
from app.ui.picture_settings import PictureSettings
from app.ui.settings_dialog import SettingsDialog
from app.ui.sources import Dropped
from app.ui.viewer.view import Viewer
from tests import pictures, rare_pictures
from tests.servers.replies import error, text
from tests.shots.stage import Stage, State

_LONG: Final = "Annual report of the regional library network, final draft with comments (3) copy"
_LATER: Final = "And what does this part say?"


# --- in ---------------------------------------------------------------------------------------


async def overlay(stage: Stage) -> None:
    """Pictures, a folder and what cannot be taken, above the window."""
    names = ("roof.jpg", "plan.png", "lease.pdf", "holidays/", "notes.docx", f"{_LONG}.xlsx", "logo.psd", "README")
    _hover(stage, *(f"file:///home/me/{name}" for name in names), "file://nas/share/garden.png")


async def overlay_nothing(stage: Stage) -> None:
    _hover(stage, "file:///home/me/notes.docx")


async def overlay_web(stage: Stage) -> None:
    _hover(stage, "https://pictures.example/roofs/17.jpg")


def _hover(stage: Stage, *urls: str) -> None:
    stage.mime = mime = QMimeData()
    mime.setUrls([QUrl(url) for url in urls])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(stage.window, QDragEnterEvent(QPoint(400, 300), copy, mime, left, none))


async def many_wanted(stage: Stage) -> None:
    """A folder of more pictures than are taken without a question."""
    folder = stage.folder / "Holidays by the sea"
    folder.mkdir()
    for number in range(34):
        (folder / f"{number}.png").write_bytes(pictures.png(64 + number, 48))
    stage.window._composer.attach([Source(path=str(folder))])
    await stage.until(lambda: stage.window._composer._notes.texts)


async def asked(stage: Stage) -> None:
    """Each question that a note asks, and a link that was refused."""
    composer = stage.window._composer
    stage.tools.preferences.update(foreign_sources=True)
    mime = QMimeData()
    mime.setText("Quarter\tRevenue\nQ3\t265\n")
    mime.setData("image/png", pictures.png(640, 400))
    composer.paste(mime)
    links = ("https://pictures.example/a/very/long/folder/of/an/address/that/goes/on/roofs.jpg",)
    composer.take(Dropped(links=links, remote=("garden.png",)))


async def pages(stage: Stage) -> None:
    """A document's pages, some of them chosen."""
    await _open_pages(stage, "lease.pdf", *[(595, 842)] * 3, (842, 595), *[(595, 842)] * 8)


async def pages_of_long_name(stage: Stage) -> None:
    await _open_pages(stage, f"{_LONG}.pdf", *[(595, 842)] * 134)


async def _open_pages(stage: Stage, name: str, *sizes: tuple[float, float]) -> None:
    stage.attach(Source(data=rare_pictures.pdf(*sizes), name=name))
    await stage.until(lambda: stage.window.findChildren(QDialog))
    for _ in range(6):
        await stage.calm()
    (dialog,) = stage.window.findChildren(PagesDialog)
    dialog._field.selectAll()
    QTest.keyClicks(dialog._field, "1-3, 7")
    await stage.calm()


# --- as they are sent ---------------------------------------------------------------------------


async def formats(stage: Stage) -> None:
    """What was done to pictures of each kind."""
    see_through = pictures.corners(400, 300).convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize((400, 300)))
    stage.attach(
        Source(data=rare_pictures.turned_heic(6), name="IMG_2042.HEIC"),
        Source(data=pictures.jpeg(3024, 4032, orientation=6, icc_profile=pictures.wide_profile()), name="porch.jpg"),
        Source(data=pictures.animation("GIF", 480, 320), name="spinner.gif"),
        Source(data=rare_pictures.tiff(pictures.photo(1600, 1200)), name="scan 0017.tif"),
        Source(data=rare_pictures.svg(), name="floor plan.svg"),
        Source(data=pictures.encoded(see_through, "PNG"), name="see-through.png"),
        Source(data=rare_pictures.pdf((595, 842)), name="lease.pdf", page=1),
    )
    await stage.ready()


async def presets(stage: Stage) -> None:
    """The menu of a badge."""
    await _attach_screens(stage)
    _open_presets(stage, 1)


async def presets_same(stage: Stage) -> None:
    """The menu of a picture that goes as a sentence."""
    await same(stage)
    _open_presets(stage, 0)


async def tiles(stage: Stage) -> None:
    """One picture in tiles, one as a region, one cheap."""
    await _attach_screens(stage)
    draft = stage.chat.draft
    draft.set_preset(0, "cheap")
    draft.set_preset(1, "tiles")
    draft.set_preset(2, "region", Box(200, 2400, 640, 480))
    await stage.ready()


async def _attach_screens(stage: Stage) -> None:
    stage.attach(
        Source(data=pictures.jpeg(4032, 3024), name="roof.jpg"),
        Source(data=pictures.png(3840, 2160), name=f"{_LONG}.png"),
        Source(data=pictures.png(900, 6000), name="long page.png"),
    )
    await stage.ready()


def _open_presets(stage: Stage, row: int) -> None:
    strip = stage.window._composer._strip
    assert strip is not None
    strip.open_presets(row)


async def details(stage: Stage) -> None:
    """The details of an attached picture, in a window of their own."""
    await _attach_screens(stage)
    strip = stage.window._composer._strip
    assert strip is not None
    strip.show_details(1)


async def same(stage: Stage) -> None:
    """A picture of an earlier turn, attached again."""
    stage.sample("chart.png")
    await stage.ask("What does this chart say?", "Visits rise from **May to August** and fall again.")
    stage.sample("chart.png")
    stage.chat.draft.propose("And the orange bars?")
    await stage.ready()


async def link(stage: Stage) -> None:
    """A link whose picture nobody has seen, and one that was."""
    stage.tools.preferences.update(foreign_sources=True)
    stage.attach(
        Source(url="https://pictures.example/roofs/17.jpg", name="17.jpg"),
        Source(url="https://pictures.example/18.jpg", name="18.jpg", data=pictures.jpeg(1600, 1200)),
    )
    await stage.ready()


async def refit(stage: Stage) -> None:
    """With the pictures of this message there are more than 20: a larger one was sent before."""
    stage.attach(Source(data=pictures.png(2560, 1440), name="screen.png"))
    stage.sample("dashboard-q3.png")
    await stage.ask("What is on the screen?", "A list of **lines**, each with the same words.")
    stage.attach(*(Source(data=pictures.jpeg(800 + n, 600), name=f"photo {n}.jpg") for n in range(19)))
    stage.chat.draft.propose(_LATER)
    await stage.ready()


async def advice(stage: Stage) -> None:
    """Text that gets too small, a small picture, a blurred and a dark one."""
    chart = Image.open(resource("samples") / "chart.png").convert("RGB")
    soft = chart.filter(ImageFilter.GaussianBlur(12))
    night = pictures.photo(900, 600).point(lambda level: level // 9)
    stage.attach(
        Source(data=pictures.png(3840, 2160), name="whole screen.png"),
        Source(data=pictures.png(150, 110), name="icon.png"),
        Source(data=pictures.encoded(soft, "PNG"), name="moved.png"),
        Source(data=pictures.encoded(night, "JPEG"), name="night.jpg"),
    )
    await stage.ready()


async def upload(stage: Stage) -> None:
    """Pictures on their way to the server, before the question goes."""
    stage.tools.preferences.update(upload=True, foreign_sources=True)
    stage.sample("dashboard-q3.png", "dashboard-q4.png")
    stage.chat.draft.propose("What has changed between these two quarters?")
    await stage.chat.draft.settled()
    stage.api.script_files(text("").hold("start"))
    stage.chat.worker.send()
    await stage.until(lambda: stage.chat.worker.phase == "uploading")


async def answered(stage: Stage) -> None:
    """Names of pictures in an answer, and what can be sent again."""
    stage.attach(Source(data=pictures.png(3840, 2160), name=f"{_LONG}.png"))
    stage.sample("dashboard-q4.png")
    await stage.ask("What is on these?", "Image 1 is a long list of **lines**; Image 2 shows the fourth quarter.")


# --- refused ------------------------------------------------------------------------------------


async def blamed(stage: Stage) -> None:
    """The server names a picture: the card shows it, and what can be done."""
    stage.attach(Source(data=pictures.png(1600, 1000), name=f"{_LONG}.png"))
    stage.sample("chart.png")
    words = "messages.0.content.1.image.source.base64.data: image exceeds 5 MB maximum"
    stage.api.script(error(400, "invalid_request_error", words))
    stage.chat.draft.propose("What do these say?")
    await stage.chat.draft.settled()
    stage.chat.worker.send()
    await stage.until(lambda: len(stage.chat.messages.messages) == 2 and not stage.chat.worker.busy)


# --- settings -----------------------------------------------------------------------------------


async def server_files(stage: Stage) -> QWidget:
    """The pictures that a server keeps."""
    for number in range(7):
        stage.api.files.keep(bytes(120_000 * (number + 1)), name=f"roof {number}.jpg", life=86_400 * (number + 1))
    stage.api.files.keep(b"x" * 9000, name=f"{_LONG}.png", life=86_400)
    stage.tools.preferences.update(upload=True)
    stage.window._dialogs.settings()
    await stage.calm()
    dialog = stage.window.findChildren(SettingsDialog)[0]
    dialog._tabs.setCurrentIndex(1)
    page = dialog.findChildren(PictureSettings)[0]
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "Show what is there")
    button.click()
    await stage.until(lambda: page._list.model().rowCount())
    page._list.setCurrentIndex(page._list.model().index(2, 0))
    await stage.calm()
    scroller = next(area for area in dialog.findChildren(QScrollArea) if area.isAncestorOf(page))
    scroller.verticalScrollBar().setValue(scroller.verticalScrollBar().maximum())
    return dialog


# --- the viewer ---------------------------------------------------------------------------------


async def viewer_draft(stage: Stage) -> None:
    """What Claude will see of a picture with small text."""
    await _attach_screens(stage)
    await _view(stage, 1)


async def viewer_original(stage: Stage) -> None:
    viewer = await _viewer_of_screens(stage)
    QTest.keyClick(viewer, Qt.Key.Key_C)
    await stage.calm()


async def viewer_enlarged(stage: Stage) -> None:
    """The single pixels of what is sent."""
    viewer = await _viewer_of_screens(stage)
    viewer._canvas.zoom_to(4.0)


async def viewer_tiles(stage: Stage) -> None:
    await _attach_screens(stage)
    stage.chat.draft.set_preset(1, "tiles")
    await stage.ready()
    await _view(stage, 1)


async def viewer_marking(stage: Stage) -> None:
    """A region is being marked."""
    await _attach_screens(stage)
    await _view(stage, 1, mark=True)


async def viewer_marking_large(stage: Stage) -> None:
    """A region larger than goes at full size, of a picture that was sent."""
    await answered(stage)
    viewer = await _view_sent(stage, 1)
    QTest.keyClick(viewer, Qt.Key.Key_M)
    await stage.calm()
    viewer._marking.marker._changed(Box(100, 100, 3600, 1900))


async def viewer_region(stage: Stage) -> None:
    """A marked region, as it is sent."""
    await _attach_screens(stage)
    stage.chat.draft.set_preset(1, "region", Box(2600, 200, 900, 700))
    await stage.ready()
    await _view(stage, 1)


async def viewer_menu(stage: Stage) -> None:
    viewer = await _viewer_of_screens(stage)
    viewer._open_menu()


async def viewer_sent(stage: Stage) -> None:
    """A picture that was shrunk for an answered turn, and can be sent again."""
    await answered(stage)
    await _view_sent(stage, 1)


async def viewer_details(stage: Stage) -> None:
    """The details beside the picture, where the window is small too."""
    viewer = await _viewer_of_screens(stage)
    if not viewer._panel.isVisible():
        QTest.keyClick(viewer, Qt.Key.Key_I)


async def large_text(stage: Stage) -> None:
    """The text half as large again."""
    stage.tools.preferences.update(text_size=150)
    await advice(stage)
    _open_presets(stage, 0)


async def viewer_large_text(stage: Stage) -> None:
    stage.tools.preferences.update(text_size=150)
    await viewer_draft(stage)


async def viewer_error(stage: Stage) -> None:
    """The file of the original is gone."""
    await answered(stage)
    for image in stage.chat.messages.messages[0].pictures[0]:
        for key in (image.original, image.sent):
            stage.tools.pictures.path(key).unlink(missing_ok=True)
    await _view_sent(stage, 1)


async def viewer_link(stage: Stage) -> None:
    await link(stage)
    await _view(stage, 0)


async def viewer_focus(stage: Stage) -> None:
    """The ring around the button that a key would press."""
    viewer = await _viewer_of_screens(stage)
    for _ in range(2):
        QTest.keyClick(viewer, Qt.Key.Key_Tab)


async def _viewer_of_screens(stage: Stage) -> Viewer:
    stage.sample("dashboard-q4.png", "chart.png")
    await stage.ready()
    return await _view(stage, 0)


async def _view(stage: Stage, row: int, *, mark: bool = False) -> Viewer:
    stage.window._dialogs.draft_picture(row, mark=mark)
    return await _opened(stage)


async def _view_sent(stage: Stage, number: int) -> Viewer:
    stage.window._dialogs.sent_picture(number)
    return await _opened(stage)


async def _opened(stage: Stage) -> Viewer:
    viewer = stage.window.findChildren(Viewer)[-1]
    await stage.until(lambda: not viewer._canvas.empty or viewer._canvas.text)
    for _ in range(3):
        await stage.calm()
    return viewer


STATES: Final[dict[str, State]] = {
    "overlay": overlay,
    "overlay-nothing": overlay_nothing,
    "overlay-web": overlay_web,
    "many-wanted": many_wanted,
    "asked": asked,
    "pages": pages,
    "pages-of-long-name": pages_of_long_name,
    "formats": formats,
    "presets": presets,
    "presets-same": presets_same,
    "tiles": tiles,
    "details": details,
    "same": same,
    "link": link,
    "refit": refit,
    "advice": advice,
    "large-text": large_text,
    "upload": upload,
    "answered": answered,
    "blamed": blamed,
    "server-files": server_files,
    "viewer-draft": viewer_draft,
    "viewer-original": viewer_original,
    "viewer-enlarged": viewer_enlarged,
    "viewer-tiles": viewer_tiles,
    "viewer-marking": viewer_marking,
    "viewer-marking-large": viewer_marking_large,
    "viewer-region": viewer_region,
    "viewer-menu": viewer_menu,
    "viewer-sent": viewer_sent,
    "viewer-details": viewer_details,
    "viewer-large-text": viewer_large_text,
    "viewer-error": viewer_error,
    "viewer-link": viewer_link,
    "viewer-focus": viewer_focus,
}
