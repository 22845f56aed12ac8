"""A conversation as one HTML file that opens offline: no script, nothing from elsewhere, readable by day and by night.

Its policy allows pictures within the file and one style sheet, by its hash, and nothing else. Every word of a
conversation is escaped; the markup is made here. Formulas are drawings of plain shapes (`app.core.typeset`), with
their TeX beside them for who copies or hears the page.
"""

from __future__ import annotations

import hashlib
import math
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from app.core.container import MEDIA_TYPES
from app.core.export.asked import Words, about, stripped, title
from app.core.export.drawn import SIZE, Key, key, outline
from app.core.export.files import Files, Shown
from app.core.export.parsed import Code, Plain, pieces
from app.core.message import ImageBlock, Message
from app.core.resources import resource
from app.core.toning import DARK, LIGHT, Run, Tone, toned
from app.core.whole import Whole

if TYPE_CHECKING:
    from markdown_it.token import Token

_TAGS: Final = frozenset(
    {
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "s", "a"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
_STEP: Final = 0.05
"""Em: how finely a formula is set on its line. The policy knows no styles but those of the sheet."""
_DEEPEST: Final = 80
"""Steps."""
_DEPTHS: Final = "\n".join(f".d{n} {{ vertical-align: -{n * _STEP:.2f}em; }}" for n in range(1, _DEEPEST + 1))
_NIGHT: Final = "@media screen and (prefers-color-scheme: dark)"
_BOX: Final = re.compile(r'<svg [^>]*viewBox="([-0-9.]+) ([-0-9.]+) ([-0-9.]+) [-0-9.]+"[^>]*>')
_ALIGNED: Final = {"text-align:right": "right", "text-align:center": "center"}


def written(
    whole: Whole, files: Files, words: Words, language: str = "", did: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """The page, piece by piece; `language` is that of `words`. `did` is called after each picture. Raises Cancelled."""
    whole = stripped(whole, files.wanted)
    called = escape(title(whole, words))
    yield _head(called, language)
    yield f'<header><h1 dir="auto">{called}</h1><p class="note">{escape(about(whole, words))}</p></header>\n'
    if whole.conversation.system.strip():
        system = escape(whole.conversation.system.strip())
        yield f'<details><summary>{escape(words.system)}</summary><p class="plain" dir="auto">{system}</p></details>\n'
    for message in whole.shown:
        files.go_on()
        yield from _message(message, files, words, did)
    yield "</main></body></html>\n"


def _head(called: str, language: str) -> str:
    style = "\n".join(
        (resource("export.css").read_text("utf-8"), _tones(LIGHT), f"{_NIGHT} {{", _tones(DARK), "}", _DEPTHS)
    )
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{called}</title><style>{style}</style></head><body><main>\n"
    )


def _tones(colors: Mapping[Tone, str]) -> str:
    return "\n".join(f".t-{tone} {{ color: {color}; }}" for tone, color in colors.items())


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
                yield _code(piece.text, piece.language)
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
        return f'<div class="wide"><table{_attributes(token)}>'
    return f"<{token.tag}{_attributes(token)}>"


def _attributes(token: Token) -> str:
    if token.tag == "a":
        return f' href="{escape(str(token.attrs.get("href", "")))}" rel="noreferrer noopener"'
    # What is within has the direction of the outermost: one of its own would not count for that.
    direction = ' dir="auto"' if token.block and not token.level else ""
    if token.tag == "ol" and str(token.attrs.get("start", "")).isdecimal():
        return f' start="{token.attrs["start"]}"{direction}'
    if token.meta.get("task"):
        return ' class="task"'
    if side := _ALIGNED.get(str(token.attrs.get("style", ""))):
        return f' class="{side}"'
    return direction


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
            return _formula(token)
        case "task":
            return f'<span class="box">{token.content}</span> '
        case "fence" | "code_block":
            return _code(token.content, token.info)
        case "image":  # never loaded: what is said of it, and where it would be
            return escape(f"[{token.content}]({token.attrs.get('src', '')})")
    return escape(token.content)


def _code(text: str, info: str) -> str:
    lines = "\n".join("".join(map(_run, line)) for line in toned(text, info))
    return f"<pre><code>{lines}</code></pre>\n"


def _run(run: Run) -> str:
    text, tone = run
    return f'<span class="t-{tone}">{escape(text)}</span>' if tone else escape(text)


# --- formulas -----------------------------------------------------------------------------------


def _formula(token: Token) -> str:
    source = escape(token.content)
    drawing = _drawing(key(token))
    if not drawing:
        return f'<code class="tex">{source}</code>'
    kind = "formula display" if token.meta["display"] else "formula"
    return f'<span class="{kind}">{drawing}<span class="source">{source}</span></span>'


def _drawing(formula: Key) -> str:
    """A formula in the colour of the words and on their line; empty where only its TeX can be shown."""
    drawn = outline(formula)
    opening = _BOX.match(drawn.svg) if drawn is not None else None
    if drawn is None or opening is None or (depth := math.ceil(drawn.descent * SIZE / _STEP)) > _DEEPEST:
        return ""
    left, top, width = map(float, opening.groups())
    unit = width / drawn.width
    high = drawn.ascent + depth * _STEP / SIZE
    box = f"{left:g} {top:g} {width:g} {high * unit:.2f}"
    size = f'width="{drawn.width * SIZE:.3f}em" height="{high * SIZE:.3f}em"'
    place = f' class="d{depth}"' if depth else ""
    shapes = drawn.svg[opening.end() :]
    return f'<svg{place} {size} viewBox="{box}" fill="currentColor" aria-hidden="true">{shapes}'
