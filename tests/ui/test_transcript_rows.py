"""The rows that are no text: which ones a message has, what each shows, and how a widget is filled again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.repeats import Wait
from app.core.catalog import Catalog, Model
from app.core.errors import ApiError, Offence, ReplyLost, RequestRefused, StoreDamaged, StreamInterrupted
from app.core.failure import error_from_json, error_to_json
from app.core.message import ImageBlock, Message, ReplyBlock, Usage
from app.ui.theme import CONTROL, HIT, Theme
from app.ui.transcript.bill_details import BillDetails
from app.ui.transcript.caption_row import CaptionRow
from app.ui.transcript.card import Card, WaitingCard
from app.ui.transcript.content import Caption, Content, Fold, Foot, More, Notice, Pictures
from app.ui.transcript.fold_row import FoldRow
from app.ui.transcript.foot_row import SILENCE, FootRow
from app.ui.transcript.host import Host
from app.ui.transcript.more_row import MoreRow
from app.ui.transcript.notice_row import NoticeRow
from app.ui.transcript.pace import Pace
from app.ui.transcript.pictures_row import PicturesRow
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.tiles import PictureTile
from app.ui.transcript.turn_words import Around, Folded, heads, not_sent, tails, unanswered
from tests.conftest import destroy

MODEL = "claude-sonnet-5-5"
USAGE = Usage.from_json({"input_tokens": 4, "cache_creation_input_tokens": 7508, "output_tokens": 214})
PICTURE = ImageBlock(
    number=1,
    name="q4-dashboard.png",
    sent="b" * 64,
    media_type="image/png",
    width=2576,
    height=1449,
    sent_bytes=1000,
    tokens=4784,
    original="a" * 64,
    original_width=3840,
    original_height=2160,
    original_bytes=2000,
    original_format="PNG",
)
SECOND = replace(PICTURE, number=2, name="q3.png")
OVERLOADED = ApiError(529, "overloaded_error", "Overloaded")
BLAMED = ApiError(400, "invalid_request_error", "bad", picture=1, picture_name="q4-dashboard.png")
TOO_MANY = RequestRefused((Offence("too_many_pictures", 101, 100),))
LAST = Around(is_last=True)

pytestmark = pytest.mark.usefixtures("american_figures")


def answered(text: str = "A chart.", *before: ReplyBlock, **facts: Any) -> Message:
    usual: dict[str, Any] = {
        "state": "complete",
        "model": MODEL,
        "server": "api.anthropic.com",
        "stop_reason": "end_turn",
        "usage": USAGE,
        "estimate": "0.0207",
        "cost": "0.020914",
        "created": time.time(),
    }
    content = (*before, *((ReplyBlock({"type": "text", "text": text}),) if text else ()))
    return Message("assistant", content, id="a", **usual | facts)


def streaming(text: str = "", *before: ReplyBlock, **facts: Any) -> Message:
    return answered(text, *before, state="streaming", usage=None, stop_reason=None, **facts)


def thought(words: str) -> ReplyBlock:
    return ReplyBlock({"type": "thinking", "thinking": words, "signature": "s"})


def never(_what: Folded) -> bool:
    return False


def always(_what: Folded) -> bool:
    return True


def said(contents: Sequence[Content]) -> list[str]:
    """The lines, captions and notices among them, in words."""
    words = []
    for content in contents:
        match content:
            case Fold(line=line):
                words.append(line)
            case Caption(words=caption):
                words.append(caption)
            case Notice(error=None, words=plain):
                words.append(plain)
            case Notice(error=error):
                words.append(type(error).__name__)
    return words


def foot_of(contents: Sequence[Content]) -> Foot:
    (foot,) = (content for content in contents if isinstance(content, Foot))
    return foot


# --- which rows there are ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, []),
        ({"state": "stopped"}, ["You stopped this answer."]),
        ({"stop_reason": "max_tokens"}, ["The answer was cut at the limit of tokens"]),
        ({"stop_reason": "model_context_window_exceeded"}, ["no longer fits"]),
        ({"stop_reason": "bored"}, ["unknown to Visavis: bored"]),
        ({"stop_reason": "refusal"}, ["declined to answer"]),
        (
            {"stop_reason": "refusal", "stop_details": {"category": "bio", "explanation": "Because <b>."}},
            ["biology", "Because <b>."],
        ),
        ({"state": "interrupted"}, ["Visavis ended"]),
        ({"text": ""}, ["The answer is empty."]),
        ({"state": "interrupted", "error": error_to_json(StreamInterrupted("cut"))}, ["StreamInterrupted"]),
        ({"state": "failed", "text": "", "error": error_to_json(StoreDamaged("/data"))}, ["StoreDamaged"]),
        (
            {"state": "interrupted", "stop_reason": "refusal", "error": error_to_json(StreamInterrupted("cut"))},
            ["declined to answer", "StreamInterrupted"],
        ),
    ],
)
def test_each_end_has_its_own_words(answer: dict[str, Any], words: Sequence[str]) -> None:
    message = answered(**{"text": "It is", **answer})
    found = said([*heads(message, is_open=never), *tails(message, LAST)])
    assert len(found) == len(words)
    assert all(part in line for part, line in zip(words, found, strict=True))


def test_a_way_on_is_offered_for_the_last_answer_only() -> None:
    cut = answered("It is", stop_reason="max_tokens")
    notice, _foot = tails(cut, LAST)
    earlier, _foot = tails(cut, Around())
    assert isinstance(notice, Notice)
    assert isinstance(earlier, Notice)
    assert (notice.action, earlier.action) == ("settings", "")
    failed = answered("", state="failed", usage=None, error=error_to_json(OVERLOADED))
    assert [n.can_retry for p in (LAST, Around()) for n in tails(failed, p) if isinstance(n, Notice)] == [True, False]


def test_a_notice_that_offers_to_retry_spares_the_foot_from_it() -> None:
    lost = answered("", state="failed", usage=None, error=error_to_json(ReplyLost("h", "closed")))
    refused = answered("", state="failed", usage=None, error=error_to_json(BLAMED))
    assert foot_of(tails(lost, LAST)).has_retry
    assert not foot_of(tails(lost, Around())).has_retry
    assert not foot_of(tails(refused, LAST)).has_retry, "this request would be refused again"
    assert not foot_of(tails(answered(), LAST)).has_retry


def test_what_cannot_be_shown_is_named() -> None:
    odd = answered("A", ReplyBlock({"type": "hologram"}))
    assert tails(odd, LAST)[0] == Caption("Not shown here: hologram", small=True)


@pytest.mark.parametrize("text", ["half a word", ""])
def test_a_declined_answer_is_behind_its_line(text: str) -> None:
    (fold,) = heads(answered(text, stop_reason="refusal"), is_open=never)
    (opened,) = heads(answered(text, stop_reason="refusal"), is_open=always)
    assert isinstance(fold, Fold)
    assert isinstance(opened, Fold)
    assert (fold.what, fold.open, fold.has_body) == ("answer", False, bool(text))
    assert opened.open == bool(text)


def test_thinking_is_one_line_above_the_text() -> None:
    (fold,) = heads(answered("A", thought("Let me see")), is_open=never)
    assert fold == Fold("thinking", "Thinking", open=False)
    assert heads(answered("A", thought("Let me see")), is_open=always) == [Fold("thinking", "Thinking", open=True)]
    (silent,) = heads(answered("A", thought("")), is_open=always)
    assert silent == Fold("thinking", "Claude thought; the text is not shown", open=False, has_body=False)
    assert heads(answered("A"), is_open=always) == []


@pytest.mark.parametrize(("seconds", "line"), [(12.4, "Thought for 12 s"), (0.2, "Thought for 1 s")])
def test_how_long_it_thought_is_told(seconds: float, line: str) -> None:
    assert said(heads(answered("A", thought("Let me see"), thought=seconds), is_open=never)) == [line]


def test_one_line_alone_says_that_claude_thinks() -> None:
    pace = Pace()
    stages = [
        (streaming(), ["Asking Claude Sonnet 5.5…"]),
        (streaming("", thought("")), ["Thinking…"]),
        (streaming("", thought("Let me see")), ["Thinking…"]),
        (streaming("A", thought("Let me see")), ["Thinking"]),
    ]
    place = Around(is_last=True, model=model(), pace=pace)
    for message, words in stages:
        assert said([*heads(message, is_open=never, pace=pace), *tails(message, place)]) == words
    (fold,) = heads(stages[2][0], is_open=never, pace=pace)
    assert fold == Fold("thinking", "Thinking…", open=False, pace=pace)


def test_it_says_how_far_the_pictures_are_on_their_way() -> None:
    assert said(tails(streaming(), Around(is_last=True, uploaded=(1, 5)))) == ["Uploading picture 2 of 5…"]
    assert said(tails(streaming(), Around(is_last=True, uploaded=(5, 5)))) == ["Asking …"]
    assert said(tails(streaming("A"), Around(is_last=True, uploaded=(1, 5)))) == []


def test_a_countdown_stands_alone() -> None:
    wait = Wait(OVERLOADED, 30, time.monotonic() + 30)
    assert tails(streaming(), Around(is_last=True, wait=wait)) == [Notice(wait=wait)]


@pytest.mark.parametrize("place", [Around(asked_again=True), Around(wait=Wait(OVERLOADED, 0))])
def test_it_says_that_it_was_asked_again(place: Around) -> None:
    assert said(tails(streaming("A"), place)) == ["Asked again without earlier thinking."]
    assert said(tails(answered("A"), place)) == []


def test_a_sharper_picture_is_offered_below_an_answer_that_says_something() -> None:
    place = Around(is_last=True, offers=((1, "Resend Image 1 sharper"),))
    assert foot_of(tails(answered(), place)).offers == place.offers
    assert foot_of(tails(answered(""), place)).offers == ()
    assert foot_of(tails(streaming("A"), place)).offers == ()


def test_below_a_question_there_are_its_versions_and_what_is_wrong_with_it() -> None:
    question = Message.from_user("What?", (PICTURE,), id="u")
    assert tails(question, Around(offers=((1, "x"),))) == []
    assert tails(question, Around(branch=(1, 2))) == [Foot(question, branch=(1, 2))]
    assert heads(question, is_open=always) == []
    damaged = Message("user", id="u", state="failed", error=error_to_json(StoreDamaged("/data")))
    (notice,) = tails(damaged, LAST)
    assert isinstance(notice, Notice)
    assert isinstance(notice.error, StoreDamaged)


# --- pictures -------------------------------------------------------------------------------------


@pytest.fixture
def host(theme: Theme, gallery: Gallery) -> Host:
    red = QPixmap(300, 200)
    red.fill(Qt.GlobalColor.red)
    return Host(theme, gallery, lambda _number: red)


@pytest.fixture
def box(qtbot: QtBot) -> QWidget:
    """Holds the row, as the conversation does."""
    box = QWidget()
    qtbot.addWidget(box)
    box.resize(800, 600)
    box.show()
    qtbot.waitExposed(box)
    box.activateWindow()
    return box


def put(row: Any, content: Content, width: int = 760) -> None:
    """Show content as the conversation does."""
    row.show_content(content)
    row.setGeometry(0, 0, width, row.height_for(width))
    row.show()
    QApplication.processEvents()


def model() -> Model:
    return Catalog.load().get(MODEL)


def visible(row: QWidget) -> list[str]:
    """The names of the buttons that can be seen, from left to right."""
    buttons = [b for b in row.findChildren(QAbstractButton) if b.isVisibleTo(row) and b.isEnabled()]
    buttons.sort(key=lambda b: b.mapTo(row, QPoint()).x())
    return [b.accessibleName() for b in buttons]


def button(row: QWidget, name: str) -> QAbstractButton:
    return next(b for b in row.findChildren(QAbstractButton) if b.accessibleName() == name and b.isVisible())


def alone(*images: ImageBlock, rate: Decimal | None = None) -> Pictures:
    return Pictures(tuple((image,) for image in images), rate)


def test_tiles_go_on_showing_their_pictures(host: Host, box: QWidget) -> None:
    row = PicturesRow(host, box)
    put(row, alone(PICTURE, SECOND))
    first, second = row.tiles
    put(row, alone(SECOND, PICTURE, rate=Decimal("2.5")))
    assert row.tiles == [second, first]
    assert (second.x(), first.x()) == (0, 180)
    assert [tile.badge for tile in row.tiles] == ["4,784 tok · $0.0120"] * 2
    put(row, alone(replace(SECOND, withheld=True), rate=Decimal("2.5")))
    assert row.tiles == [second]
    assert (second.caption, second.badge) == ("left out", "")
    assert first.isHidden()


def test_a_tile_takes_another_picture_and_opens_that(host: Host, box: QWidget, qtbot: QtBot) -> None:
    row = PicturesRow(host, box)
    put(row, alone(PICTURE))
    (tile,) = row.tiles
    put(row, alone(replace(SECOND, width=3840, height=2160), rate=Decimal(2)))
    assert row.tiles == [tile]
    assert (tile.accessibleName(), tile.caption) == ("Image 2: q3.png", "3840×2160, as it is")
    assert tile.badge == "4,784 tok · $0.0096"
    with qtbot.waitSignal(host.picture_opened) as opened:
        QTest.keyClick(tile, Qt.Key.Key_Return)
    assert opened.args == [2]
    with qtbot.waitSignal(host.picture_asked) as asked:
        middle = tile.rect().center()
        QApplication.sendEvent(tile, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, QPoint(7, 8)))
    assert asked.args == [2, QPoint(7, 8)]


def test_pictures_wrap_and_flash_until_their_row_goes(host: Host, box: QWidget) -> None:
    row = PicturesRow(host, box)
    put(row, alone(*[replace(PICTURE, number=number) for number in range(1, 7)]))
    low = row.height()
    put(row, alone(*[replace(PICTURE, number=number) for number in range(1, 7)]), 320)
    assert row.height() > 2 * low
    assert all(row.rect().contains(tile.geometry()) for tile in row.tiles)
    tile = row.flash(3)
    assert isinstance(tile, PictureTile)
    assert tile._flashing.isActive()
    assert row.flash(9) is None
    row.let_go()
    assert not tile._flashing.isActive()


def test_a_thumbnail_may_come_later(host: Host, box: QWidget, gallery: Gallery) -> None:
    row = PicturesRow(host, box)
    put(row, alone(PICTURE))
    (tile,) = row.tiles
    tile.grab()
    assert tile._pixmap.isNull()
    blue = QPixmap(336, 200)
    blue.fill(Qt.GlobalColor.blue)
    gallery._thumbnails[PICTURE.thumbnail] = png(blue)
    gallery.thumbnail_ready.emit(PICTURE.thumbnail)
    assert tile.grab().toImage().pixelColor(80, 50).name() == "#0000ff"


def png(pixmap: QPixmap) -> bytes:
    from PySide6.QtCore import QBuffer

    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    pixmap.save(buffer, "PNG")
    return bytes(data.data())


# --- folds, captions, the rest of a long text ------------------------------------------------------


@pytest.mark.parametrize("how", ["click", "enter", "space"])
def test_a_fold_is_pressed(host: Host, box: QWidget, qtbot: QtBot, how: str) -> None:
    row = FoldRow(host, box)
    put(row, Fold("thinking", "Thought for 12 s", open=False))
    with qtbot.waitSignal(host.folded) as folded:
        if how == "click":
            QTest.mouseClick(row, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(row, Qt.Key.Key_Return if how == "enter" else Qt.Key.Key_Space)
    assert folded.args == [row]


def test_a_fold_tells_its_state(host: Host, box: QWidget) -> None:
    row = FoldRow(host, box)
    put(row, Fold("thinking", "Thinking", open=False))
    assert (row.accessibleName(), row.accessibleDescription()) == ("Thinking", "Folded")
    assert QAccessible.queryAccessibleInterface(row).role() == QAccessible.Role.Button
    folded = row.grab().toImage()
    put(row, Fold("thinking", "Thinking", open=True))
    assert row.accessibleDescription() == "Unfolded"
    assert row.grab().toImage() != folded
    assert row.height() == HIT
    row.let_go()
    put(row, Fold("thinking", "Claude thought; the text is not shown", open=False, has_body=False))
    assert row.accessibleDescription() == ""
    assert not row.isEnabled()
    assert row.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_the_sign_for_and_makes_no_shortcut(host: Host, box: QWidget) -> None:
    row = FoldRow(host, box)
    put(row, Fold("answer", "R&D && &more", open=False, has_body=False))
    assert row.shortcut().isEmpty()
    assert row.accessibleName() == "R&D && &more"
    assert row.sizeHint().width() == pytest.approx(row.fontMetrics().horizontalAdvance("R&D && &more"), abs=1)


def test_a_long_line_wraps(host: Host, box: QWidget) -> None:
    row = FoldRow(host, box)
    put(
        row,
        Fold("answer", "The model declined to answer. This turn stays here and is not sent again. " * 2, open=False),
    )
    wide = row.height()
    put(row, Fold("answer", row.text(), open=False), 320)
    assert row.height() > wide


def test_thinking_counts_its_seconds(host: Host, box: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    pace = Pace()
    row = FoldRow(host, box)
    put(row, Fold("thinking", "Thinking…", open=False, pace=pace))
    assert row.text() == "Thinking…"
    pace.take("Let me see")
    moment += 4.9
    row._tick.timeout.emit()
    assert row.text() == "Thinking… 4 s"
    assert row.accessibleName() == "Thinking…"
    assert row._tick.isActive()
    put(row, Fold("thinking", "Thought for 5 s", open=False))
    assert row.text() == "Thought for 5 s"
    assert not row._tick.isActive()


def test_a_caption_wraps_in_its_size(host: Host, box: QWidget, theme: Theme) -> None:
    row = CaptionRow(host, box)
    put(row, Caption("Asking Claude Sonnet 5.5…"))
    assert (row.text(), row.height()) == ("Asking Claude Sonnet 5.5…", theme.line("body"))
    put(row, Caption("Not shown here: hologram", small=True))
    assert row.height() == theme.line("caption")
    assert row.font().pixelSize() == theme.font("caption").pixelSize()
    put(row, Caption("word " * 60), 320)
    assert row.height() > 3 * theme.line("body")


def test_all_of_a_long_text_is_wanted(host: Host, box: QWidget, qtbot: QtBot) -> None:
    row = MoreRow(host, box)
    put(row, More(1_234_567))
    assert visible(row) == ["Show all (1.2 MB)"]
    assert button(row, "Show all (1.2 MB)").height() >= HIT
    with qtbot.waitSignal(host.unfolded) as unfolded:
        QTest.mouseClick(button(row, "Show all (1.2 MB)"), Qt.MouseButton.LeftButton)
    assert unfolded.args == [row]


# --- notices --------------------------------------------------------------------------------------


def card_of(row: NoticeRow) -> Card:
    (card,) = (card for card in row.findChildren(Card) if not card.isHidden())
    return card


def test_an_error_names_its_picture_and_offers_to_mend_it(host: Host, box: QWidget, qtbot: QtBot) -> None:
    row = NoticeRow(host, box)
    put(row, Notice(BLAMED, can_retry=True))
    assert {"Details", "Make it smaller", "Leave it out", "Replace it…"} == set(visible(row))
    assert "Image 1" in card_of(row).words
    assert [label for label in row.findChildren(QLabel) if label.pixmap().isNull()] == []
    with qtbot.waitSignal(host.acted) as acted:
        button(row, "Leave it out").click()
    assert acted.args == ["remove", BLAMED]


def test_details_unfold_and_the_row_grows(host: Host, box: QWidget, qtbot: QtBot) -> None:
    row = NoticeRow(host, box)
    put(row, Notice(ApiError(500, "api_error", "Internal <b>error</b>"), can_retry=True))
    with qtbot.waitSignal(host.resized) as resized:
        button(row, "Details").click()
    assert resized.args == [row]
    assert row.height_for(760) > row.height()
    assert "Internal <b>error</b>" in [view.plain for view in row.findChildren(SafeTextView) if view.isVisible()][-1]
    sizes: list[object] = []
    host.resized.connect(sizes.append)
    row.setGeometry(0, 0, 760, row.height_for(760))
    QApplication.processEvents()
    assert sizes == []


def test_the_height_is_known_before_the_width_is_taken(host: Host, box: QWidget) -> None:
    sizes: list[object] = []
    host.resized.connect(sizes.append)
    row = NoticeRow(host, box)
    put(row, not_sent(TOO_MANY))
    foreseen = row.height_for(320)
    row.setGeometry(0, 0, 320, foreseen)
    QApplication.processEvents()
    assert row.height_for(320) == foreseen > row.height_for(760)
    assert sizes == []


def test_a_retry_is_offered_where_it_can_be_done(host: Host, box: QWidget) -> None:
    row = NoticeRow(host, box)
    lost = Notice(ReplyLost("h", "closed"), can_retry=True)
    put(row, lost)
    assert "may have been charged" in card_of(row).words
    assert visible(row) == ["Retry"]
    put(row, replace(lost, can_retry=False))
    assert visible(row) == []


def test_the_same_notice_stays_and_another_keeps_the_focus(host: Host, box: QWidget) -> None:
    row = NoticeRow(host, box)
    put(row, Notice(OVERLOADED, can_retry=True))
    card, focused = card_of(row), button(row, "Retry")
    focused.setFocus()
    put(row, Notice(error_from_json(error_to_json(OVERLOADED)), can_retry=True))
    assert card_of(row) is card
    put(row, Notice(ReplyLost("h", "closed"), can_retry=True, about="another"))
    assert card_of(row) is not card
    assert box.focusWidget() is button(row, "Retry")
    assert box.focusWidget() is not focused


def test_what_was_not_sent_is_dismissed(host: Host, box: QWidget, qtbot: QtBot) -> None:
    row = NoticeRow(host, box)
    put(row, not_sent(TOO_MANY))
    assert "100" in card_of(row).words
    with qtbot.waitSignal(host.acted) as acted:
        button(row, "New chat with the pictures").click()
    assert acted.args == ["take_along", TOO_MANY]
    with qtbot.waitSignal(host.dismissed):
        button(row, "Dismiss").click()


def test_a_plain_notice_has_its_action(host: Host, box: QWidget, qtbot: QtBot) -> None:
    row = NoticeRow(host, box)
    put(row, unanswered())
    assert card_of(row).words == "This message has no answer yet."
    with qtbot.waitSignal(host.acted) as acted:
        button(row, "Retry").click()
    assert acted.args == ["retry", None]


def test_a_repeat_is_counted_down(host: Host, box: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    row = NoticeRow(host, box)
    put(row, Notice(wait=Wait(OVERLOADED, 30, moment + 30)))
    card = card_of(row)
    assert isinstance(card, WaitingCard)
    assert "Trying again in 30 s. Nothing is lost." in card.words
    moment += 20.5
    card._tick.timeout.emit()
    assert "Trying again in 10 s. Nothing is lost." in card.words
    for name, action in (("Try now", "now"), ("Cancel", "cancel")):
        with qtbot.waitSignal(host.acted) as acted:
            button(row, name).click()
        assert acted.args == [action, None]
    row.let_go()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert row.findChildren(Card) == []


# --- the foot -------------------------------------------------------------------------------------


def bill(row: FootRow) -> str:
    return row._bill.text()


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({}, "7,512 in · 214 out · $0.0209\u2003estimated $0.0207"),
        ({"estimate": ""}, "7,512 in · 214 out · $0.0209"),
        ({"cost": ""}, "7,512 in · 214 out · cost unknown"),
        ({"server": "practice", "cost": "0"}, "7,512 in · 214 out · Practice: free"),
        ({"state": "stopped", "cost": "0.0153"}, "7,512 in · ≈ 214 out · ≈ $0.0153"),
        ({"state": "stopped", "usage": None, "cost": ""}, "It may have been charged"),
        ({"state": "failed", "usage": None, "error": error_to_json(ReplyLost("h", "closed"))}, ""),
        ({"state": "stopped", "usage": None, "error": error_to_json(OVERLOADED)}, ""),
        ({"state": "failed", "usage": None, "error": error_to_json(OVERLOADED)}, ""),
        ({"stop_reason": "refusal", "usage": Usage(input_tokens=9), "cost": "0"}, "Not charged"),
    ],
)
def test_the_bill_reads(host: Host, box: QWidget, answer: dict[str, Any], line: str) -> None:
    row = FootRow(host, box)
    put(row, foot_of(tails(answered(**answer), LAST)))
    assert bill(row) == line


def test_a_model_that_is_not_asked_any_more_is_named_in_the_bill(host: Host, box: QWidget) -> None:
    row = FootRow(host, box)
    put(row, foot_of(tails(answered(), Around(model=model(), asks=replace(model(), id="other", name="Other")))))
    assert bill(row).startswith(f"{model().name} · 7,512 in")
    put(row, foot_of(tails(answered(), Around(model=model()))))
    assert bill(row).startswith("7,512 in")
    put(row, foot_of(tails(answered(estimate="", cost="0.00001", state="stopped"), LAST)))
    assert bill(row) == "7,512 in · ≈ 214 out · < $0.0001"


def test_a_press_on_the_bill_opens_it(host: Host, box: QWidget) -> None:
    row = FootRow(host, box)
    put(row, Foot(answered()))
    assert not row._bill.isEnabled(), "of a model that is not known there is no bill"
    put(row, Foot(answered(), model()))
    QTest.mouseClick(row._bill, Qt.MouseButton.LeftButton)
    (details,) = row.findChildren(BillDetails)
    assert details.isVisible()
    details.close()


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (Foot(answered(), is_last=True), ["Retry", "Copy", "More"]),
        (Foot(answered()), ["Copy", "More"]),
        (Foot(answered(), is_last=True, has_retry=True), ["Copy", "More"]),
        (Foot(answered("")), ["More"]),
        (Foot(answered(), branch=(2, 3)), ["Earlier version", "Later version", "Copy", "More"]),
        (Foot(answered(), branch=(1, 3)), ["Later version", "Copy", "More"]),
        (Foot(answered(), branch=(3, 3)), ["Earlier version", "Copy", "More"]),
        (Foot(answered(), offers=((1, "Sharper"),)), ["Sharper", "Copy", "More"]),
        (Foot(streaming("A"), is_last=True, branch=(2, 2), offers=((1, "Sharper"),)), []),
        (Foot(Message("user", id="u"), branch=(2, 2)), ["Earlier version"]),
    ],
)
def test_a_foot_has_its_buttons(host: Host, box: QWidget, content: Foot, names: Sequence[str]) -> None:
    row = FootRow(host, box)
    put(row, Foot(answered("B"), is_last=True, branch=(2, 3), offers=((2, "x"),)))
    put(row, content)
    assert visible(row) == names
    assert row._switch.isVisible() == (content.branch[1] > 1)


def test_a_retry_names_a_model_that_has_not_answered(host: Host, box: QWidget) -> None:
    row, other = FootRow(host, box), replace(model(), id="dear", name="A <b>& B")
    for asks, name, told in (
        (None, "Retry", "Retry: ask again"),
        (model(), "Retry", "Retry: ask again"),
        (other, "Retry with A <b>& B", "<qt>Retry with A &lt;b&gt;&amp; B: ask again</qt>"),
        (None, "Retry", "Retry: ask again"),
    ):
        put(row, Foot(answered(), model(), asks, is_last=True))
        assert (row._retry.accessibleName(), row._retry.toolTip()) == (name, told)


@pytest.mark.parametrize("name", ["Copy", "Retry", "More", "Earlier version", "Later version"])
def test_what_is_pressed_is_told_with_its_message(host: Host, box: QWidget, qtbot: QtBot, name: str) -> None:
    row = FootRow(host, box)
    put(row, Foot(answered("Another"), is_last=True, branch=(2, 3)))
    answer = answered()
    put(row, Foot(answer, is_last=True, branch=(2, 3)))
    deeds = {"Earlier version": "older", "Later version": "newer"}
    with qtbot.waitSignal(host.deed) as deed:
        QTest.keyClick(button(row, name), Qt.Key.Key_Return)
    assert deed.args == [deeds.get(name, name.lower()), answer]
    assert button(row, name).toolTip()


def test_the_focus_stays_where_it_can(host: Host, box: QWidget) -> None:
    row = FootRow(host, box)
    put(row, Foot(answered(), is_last=True, branch=(2, 3)))
    button(row, "Copy").setFocus()
    put(row, Foot(answered("B"), branch=(2, 3)))
    assert box.focusWidget() is button(row, "Copy")
    button(row, "Earlier version").setFocus()
    put(row, Foot(answered("B"), branch=(1, 3)))
    assert box.focusWidget() is button(row, "Later version")
    put(row, Foot(answered("B"), branch=(3, 3)))
    assert box.focusWidget() is button(row, "Earlier version")


def test_it_says_how_it_goes(host: Host, box: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    moment, day = time.monotonic(), time.time()
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    monkeypatch.setattr(time, "time", lambda: day + 4.2)
    pace = Pace()
    answer = streaming("One", created=day)
    row = FootRow(host, box)
    put(row, Foot(answer, is_last=True, pace=pace))
    assert bill(row) == "4.2 s"
    pace.take("One")
    moment += 2
    pace.take("word " * 50)
    row._tick.timeout.emit()
    assert bill(row).startswith("4.2 s · ≈ ")
    assert bill(row).endswith(" tokens/s")
    assert visible(row) == []
    moment += SILENCE + 2
    row._tick.timeout.emit()
    QApplication.processEvents()
    assert bill(row) == "Nothing has come for 17 s."
    assert visible(row) == ["Stop", "Retry"]
    for name, told in (("Stop", "stop"), ("Retry", "restart")):
        assert button(row, name).height() >= HIT
        with qtbot.waitSignal(host.deed) as deed:
            button(row, name).click()
        assert deed.args == [told, answer]
    pace.take("at last")
    row._tick.timeout.emit()
    assert visible(row) == []
    height = row.height()
    put(row, Foot(answered(), is_last=True))
    assert (bill(row)[:5], row.height()) == ("7,512", height)
    assert not row._tick.isActive()


@pytest.mark.parametrize("width", [320, 400, 520, 760])
def test_the_buttons_stay_where_room_is_short(host: Host, box: QWidget, width: int) -> None:
    row = FootRow(host, box)
    offers = ((1, "Resend Image 1 sharper (+$0.0123)"),)
    for content in (
        Foot(answered(), is_last=True, branch=(2, 3), offers=offers),
        Foot(answered(), is_last=True, offers=offers),
        Foot(answered(), branch=(10, 12)),
    ):
        put(row, content, width)
        shown = [b for b in (*row.findChildren(QAbstractButton), *row.findChildren(QLabel)) if b.isVisible()]
        places = [QRect(b.mapTo(row, QPoint()), b.size()) for b in shown]
        assert all(row.rect().contains(place) for place in places)
        assert not any(a.intersects(b) for a, b in combinations(places, 2))
        assert all(
            place.width() >= HIT for b, place in zip(shown, places, strict=True) if isinstance(b, QAbstractButton)
        )
        assert all(
            b.width() >= b.sizeHint().width() for b in shown if b is not row._bill and isinstance(b, QPushButton)
        )
        assert row.height() == CONTROL


def test_an_offer_takes_the_room_there_is(host: Host, box: QWidget, qtbot: QtBot) -> None:
    whole = "Resend Image 1 sharper (+$0.0123)"
    row = FootRow(host, box)
    content = Foot(answered(), is_last=True, offers=((1, whole),))
    put(row, content)
    assert row._sharper.text() == whole
    with qtbot.waitSignal(host.sharper_wanted) as wanted:
        QTest.mouseClick(row._sharper, Qt.MouseButton.LeftButton)
    assert wanted.args == [1]
    put(row, content, 440)
    assert (row._sharper.text(), row._sharper.accessibleName()) == ("Resend sharper…", whole)
    QTest.mouseClick(row._sharper, Qt.MouseButton.LeftButton)
    (menu,) = row.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == [whole]
    menu.close()
    put(row, content, 240)
    assert row._sharper.isHidden()
    put(row, content, 760)
    assert row._sharper.text() == whole


def test_no_control_is_without_a_name(host: Host, box: QWidget) -> None:
    rows: list[tuple[Any, Content]] = [
        (PicturesRow(host, box), alone(PICTURE)),
        (FoldRow(host, box), Fold("thinking", "Thinking", open=False)),
        (NoticeRow(host, box), Notice(BLAMED, can_retry=True, refusal=True)),
        (FootRow(host, box), Foot(answered(), model(), is_last=True, branch=(2, 3), offers=((1, "Sharper"),))),
        (MoreRow(host, box), More(300_000)),
    ]
    for row, content in rows:
        put(row, content)
        assert row.view is None
        controls = [row, *row.findChildren(QWidget)]
        reached = [w for w in controls if w.isVisible() and w.focusPolicy() != Qt.FocusPolicy.NoFocus]
        assert reached
        assert all(w.accessibleName() for w in reached), [type(w) for w in reached if not w.accessibleName()]
    destroy(*(row for row, _content in rows))
