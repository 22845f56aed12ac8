"""The words for what the server's cache did not have: a few for a line, and a sentence."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.core.caching import Lost
from app.core.message import Ttl
from app.ui import figures

translate = QCoreApplication.translate


def short(lost: Lost) -> str:
    """Why it was not read: "another model"."""
    match lost.reason:
        case "lapsed":
            return translate("cache_words", "expired")
        case "server":
            return translate("cache_words", "another server")
        case "practice":
            return translate("cache_words", "practice kept nothing")
        case "model":
            return translate("cache_words", "another model")
        case "system":
            return translate("cache_words", "another system prompt")
        case "picture" if lost.picture:
            return translate("cache_words", "Image %1 changed").replace("%1", figures.count(lost.picture))
        case "picture":
            return translate("cache_words", "a picture changed")
        case "thinking":
            return translate("cache_words", "thinking left out")
        case "messages":
            return translate("cache_words", "earlier messages changed")
        case "blocks":
            return translate("cache_words", "too much added")
        case "forgotten":
            return translate("cache_words", "gone")


def sentence(lost: Lost, ttl: Ttl) -> str:
    """The same for who wants to know more; `ttl` is how long the cache was asked for."""
    match lost.reason:
        case "lapsed":
            words = translate("cache_words", "The server keeps a prompt for %1 after it was used; that ended at %2.")
            when = QDateTime.fromSecsSinceEpoch(round(lost.since)).time()
            return words.replace("%1", lifetime(ttl)).replace("%2", QLocale().toString(when, "HH:mm"))
        case "server":
            return translate("cache_words", "Another server is asked: it has nothing of this chat in its cache.")
        case "practice":
            return translate("cache_words", "So far it was practice: the server has nothing of this chat in its cache.")
        case "model":
            return translate("cache_words", "Another model is asked: each has a cache of its own.")
        case "system":
            return translate("cache_words", "The system prompt is another: what follows it counts as new.")
        case "picture":
            if not lost.picture:
                return translate("cache_words", "An earlier picture is not as it was: what follows it counts as new.")
            words = translate("cache_words", "Image %1 is not as it was: what follows it counts as new.")
            return words.replace("%1", figures.count(lost.picture))
        case "thinking":
            return translate("cache_words", "Earlier thinking is left out: what follows it counts as new.")
        case "messages":
            return translate("cache_words", "An earlier message is not as it was: what follows it counts as new.")
        case "blocks":
            return translate("cache_words", "So much was added that the server does not look back far enough.")
        case "forgotten":
            return translate("cache_words", "Nothing had changed, yet the server had it no more.")


def lifetime(ttl: Ttl) -> str:
    """How long the server keeps a prompt."""
    return translate("cache_words", "1 hour") if ttl == "1h" else translate("cache_words", "5 minutes")
