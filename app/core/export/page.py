"""A conversation as one HTML file that opens offline: no script, nothing from elsewhere, readable by day and by night.

Its policy allows pictures within the file and one style sheet, by its hash, and nothing else. Every word of a
conversation is escaped; the markup is made here.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from app.core.container import MEDIA_TYPES
from app.core.export.asked import Words, stripped
from app.core.export.files import Files, Shown
from app.core.export.parsed import Code, Plain, pieces
from app.core.message import ImageBlock, Message
from app.core.resources import resource
from app.core.whole import Whole

if TYPE_CHECKING:
    from markdown_it.token import Token

_TAGS: Final = frozenset(
    {
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "s", "a"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
_ALIGNED: Final = {"text-align:right": "right", "text-align:center": "center"}


def written(
    whole: Whole, files: Files, words: Words, language: str = "", did: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """The page, piece by piece; `language` is that of `words`. `did` is called after each picture. Raises Cancelled."""
    whole = stripped(whole, files.wanted)
    facts = whole.conversation
    title = escape(" ".join(facts.title.split()))
    yield _head(title, language)
    about = " · ".join(filter(None, (words.day(facts.created), words.model(facts.model))))
    yield f'<header><h1 dir="auto">{title}</h1><p class="note">{escape(about)}</p></header>\n'
    if facts.system.strip():
        system = escape(facts.system.strip())
        yield f'<details><summary>{escape(words.system)}</summary><p class="plain" dir="auto">{system}</p></details>\n'
    for message in whole.shown:
        files.go_on()
        yield from _message(message, files, words, did)
    yield "</main></body></html>\n"


def _head(title: str, language: str) -> str:
    style = resource("export.css").read_text("utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body><main>\n"
    )


def _message(message: Message, files: Files, words: Words, did: Callable[[], None]) -> Iterator[str]:
    asked = message.role == "user"
    yield f'<section class="{"asked" if asked else "answer"}">'
    who = words.you if asked else words.model(message.model) or "Claude"
    yield f'<h2 class="who">{escape(who)} <span>{escape(words.day(message.created))}</span></h2>\n'
    for blocks in message.pictures:
        yield from _picture(blocks, files, words)
        did()
    if message.thinking:
        yield f"<details><summary>{escape(words.thinking)}</summary>"
        yield from _text(message.thinking)
        yield "</details>\n"
    if asked:
        yield f'<p class="plain" dir="auto">{escape(message.text)}</p>' if message.text else ""
    else:
        yield from _text(message.text)
    if note := words.ending(message):
        yield f'<p class="note">{escape(note)}</p>\n'
    if files.wanted.costs and (cost := words.cost(message)):
        yield f'<p class="note cost">{escape(cost)}</p>\n'
    yield "</section>\n"


# --- pictures -----------------------------------------------------------------------------------


def _picture(blocks: tuple[ImageBlock, ...], files: Files, words: Words) -> Iterator[str]:
    label = f"Image {blocks[0].number}"
    name = " ".join(blocks[0].name.split())
    yield "<figure>"
    if blocks[0].stands_for:
        yield f'<p class="note">{escape(blocks[0].stands_for)}</p>'
    elif blocks[0].url and not blocks[0].sent:
        yield f'<p class="note">{escape(blocks[0].url)}</p>'
    else:
        for shown in files.shown(blocks, _is_shown):
            yield _image(shown, label, words)
    yield f'<figcaption dir="auto">{escape(f"{label} · {name}" if name else label)}</figcaption></figure>\n'


def _is_shown(image: ImageBlock) -> bool:
    """Whether every browser shows its original."""
    return image.original_format in MEDIA_TYPES and not image.page


def _image(shown: Shown, label: str, words: Words) -> str:
    image = shown.image
    media_type = MEDIA_TYPES[image.original_format] if shown.original else image.media_type
    if not shown.data or media_type not in MEDIA_TYPES.values():
        return f'<p class="note">{escape(words.not_there.replace("%1", label))}</p>'
    width, height = (image.original_width, image.original_height) if shown.original else (image.width, image.height)
    data = b64encode(shown.data).decode()
    size = f'width="{width:d}" height="{height:d}"'
    return f'<img alt="{escape(label)}" {size} src="data:{media_type};base64,{data}">'


# --- text ---------------------------------------------------------------------------------------


def _text(text: str) -> Iterator[str]:
    for piece in pieces(text):
        match piece:
            case Plain():
                yield f'<p class="plain" dir="auto">{escape(piece.text)}</p>\n'
            case Code():
                yield f"<pre><code>{escape(piece.text)}</code></pre>\n"
            case _:
                yield "".join(_tags(piece.tokens))


def _tags(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield from _tags(token.children or ())
        elif token.hidden:
            continue
        elif token.nesting:
            yield _tag(token)
        else:
            yield _leaf(token)


def _tag(token: Token) -> str:
    if token.tag not in _TAGS:
        return ""
    if token.nesting < 0:
        return f"</{token.tag}>" + ("</div>" if token.tag == "table" else "") + ("\n" if token.block else "")
    if token.tag == "table":  # a wide one scrolls by itself
        return '<div class="wide"><table dir="auto">'
    return f"<{token.tag}{_attributes(token)}>"


def _attributes(token: Token) -> str:
    if token.tag == "a":
        return f' href="{escape(str(token.attrs.get("href", "")))}" rel="noreferrer noopener"'
    if token.tag == "ol" and str(token.attrs.get("start", "")).isdecimal():
        return f' start="{token.attrs["start"]}" dir="auto"'
    if side := _ALIGNED.get(str(token.attrs.get("style", ""))):
        return f' class="{side}"'
    return ' dir="auto"' if token.block and token.tag not in {"tr", "td", "th", "thead", "tbody"} else ""


def _leaf(token: Token) -> str:
    match token.type:
        case "softbreak":
            return "\n"
        case "hardbreak":
            return "<br>\n"
        case "hr":
            return "<hr>\n"
        case "code_inline":
            return f"<code>{escape(token.content)}</code>"
        case "formula":
            return f'<code class="tex">{escape(token.content)}</code>'
        case "fence" | "code_block":
            return f"<pre><code>{escape(token.content)}</code></pre>\n"
        case "image":  # never loaded: what is said of it, and where it would be
            return escape(f"[{token.content}]({token.attrs.get('src', '')})")
    return escape(token.content)
