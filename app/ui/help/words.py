"""The words of the help page, in our own: the guide's limitations and questions, and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from PySide6.QtCore import QCoreApplication

Topic = Literal["can", "person", "small", "count", "place", "medical", "made", "wrong", "questions"]


class Point(NamedTuple):
    """One thing to know."""

    title: str
    text: str


class Section(NamedTuple):
    topic: Topic
    heading: str
    points: Sequence[Point]


def sections() -> list[Section]:
    """The page from top to bottom."""
    return [
        Section("can", _tr("What Claude sees well"), _can()),
        *(Section(topic, heading, (point,)) for topic, heading, point in _limits()),
        Section("wrong", _tr("When a reading looks wrong"), _wrong()),
        Section("questions", _tr("Questions"), _questions()),
    ]


def _can() -> Sequence[Point]:
    return (
        Point("", _tr("Scenes, objects, screens, drawings and charts: what they show, and how their parts relate.")),
        Point("", _tr("Text, printed or written by hand, in many languages, as long as it is large enough.")),
        Point("", _tr("Several pictures at once: call them by their numbers, Image 1, Image 2.")),
    )


def _limits() -> Sequence[tuple[Topic, str, Point]]:
    return (
        (
            "person",
            _tr("Who somebody is"),
            Point("", _tr("Claude does not name people by their faces. Ask what they do, wear or hold instead.")),
        ),
        (
            "small",
            _tr("Small, turned or blurred pictures"),
            Point("", _tr("Under 200 px on an edge, upside down or out of focus, details are made up more easily.")),
        ),
        (
            "count",
            _tr("How many there are"),
            Point(
                "",
                _tr("Counts of many small things are estimates. Cut the picture into regions and count one by one."),
            ),
        ),
        (
            "place",
            _tr("Where exactly something is"),
            Point(
                "",
                _tr("Clocks with hands, chess boards, coordinates: exact places are often wrong. Check them yourself."),
            ),
        ),
        (
            "medical",
            _tr("What a scan means"),
            Point("", _tr("X-rays, CT and MRI are not for Claude to interpret. Its words replace no doctor.")),
        ),
        (
            "made",
            _tr("Whether a picture is genuine"),
            Point("", _tr("Claude cannot tell whether a picture was made by a machine. Do not rely on it for that.")),
        ),
    )


def _wrong() -> Sequence[Point]:
    return (
        Point(_tr("Send it sharper"), _tr("A picture that was made smaller can go in more pixels, or in tiles.")),
        Point(_tr("Mark a region"), _tr("Only the part that matters, in all its pixels, is read best and costs less.")),
        Point(_tr("Ask for quotes"), _tr("“Quote the words you read, then answer” shows what was seen.")),
        Point(_tr("Ask for doubt"), _tr("“Say what you cannot read” gets fewer guesses than a plain question.")),
        Point(_tr("Ask in steps"), _tr("First describe, then compare, then conclude: one message each.")),
        Point(_tr("Ask again"), _tr("Two answers that differ are a sign that neither is certain.")),
    )


def _questions() -> Sequence[Point]:
    return (
        Point(
            _tr("Does Claude see who took a picture, where and when?"),
            _tr("No. Visavis takes such data out of the file before it is sent; ask about what the picture shows."),
        ),
        Point(
            _tr("Can Claude make or change a picture?"),
            _tr("No. It reads pictures and answers in words."),
        ),
        Point(
            _tr("Why is a picture made smaller?"),
            _tr("A model looks at so many pixels at most. More would be made smaller there, and only take longer."),
        ),
        Point(
            _tr("What is a picture counted as?"),
            _tr("As tokens, by its size in pixels. Every picture says how many, and their cost, before it goes."),
        ),
        Point(
            _tr("What does Claude refuse to look at?"),
            _tr("Pictures that go against Anthropic's usage policy. What it refuses is said in its answer."),
        ),
        Point(
            _tr("May I rely on an answer?"),
            _tr("Check what matters: nothing that has to be right without fail should rest on one reading."),
        ),
    )


def _tr(words: str) -> str:
    return QCoreApplication.translate("help", words)
