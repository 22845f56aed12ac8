"""Conversations as Markdown and as a page: whole, readable offline, and harmless whatever was said in them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.core import toning
from app.core.errors import StoreFull
from app.core.export import markdown, page, target
from app.core.export.asked import Wanted
from app.core.export.files import Cancelled, Files
from app.core.export.names import Names, folded, safe
from app.core.export.parsed import Code, Plain, Prose, is_safe, pieces
from app.core.export.said import said
from app.core.export.target import Taken
from app.core.pictures import Pictures
from app.core.whole import Placed, Whole
from tests.pictures import MARKER
from tests.talks import BEGAN, MODEL, WORDS, picture, talk
from tests.transcripts import answer

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) [b](data:text/html,x) [c](file:///etc/passwd) [d](JaVaScRiPt:alert(1))",
    '[a](https://x.example/"onmouseover="alert(1)) [b](https://x.example "t\\" onclick=1 $x$")',
    "![a](https://evil.example/p.png) ![b](file:///etc/passwd) ![c][r]\n\n[r]: https://evil.example/q.png",
    "<https://evil.example/<script>> <javascript:alert(1)> <mailto:a@b.example?attach=/etc/passwd>",
    "</style></title></main><iframe src=//evil.example>",
    "```\n</code></pre><script>1</script>\n```",
    "| <b> | `<i>` |\n|---|:-:|\n| [x](javascript:1) | <img> |",
    "$<img src=x>$ and $$\\href{javascript:1}{x}$$ and `$a$` [$x$](https://a.example/$y$)",
    "&lt;script&gt; &#60;b&#62; \x00 \ufdd2\ufdd4\ufdd3 \ud83d",
    "> " * 200 + "deep",
    "- " * 300 + "deep",
    "[" * 5000,
    "*_" * 3000,
    "`" * 3000 + "a",
    "<!--" * 500,
    "|" * 3000 + "\n" + "|-" * 1500,
    "a" * 50_000,
]


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path / "pictures")


def shown(made: Whole, files: Files) -> str:
    return "".join(page.written(made, files, WORDS, "en"))


class Looking(HTMLParser):
    """Every tag of a page with its attributes, and all its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


# --- pages ----------------------------------------------------------------------------------------


def assert_harmless(text: str) -> Looking:
    looked = Looking(text)
    assert looked.open == []
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "figure",
        "figcaption",
        "img",
    }
    allowed |= {"details", "summary", "span", "div", "br", "hr", "pre", "code", *page._TAGS}
    allowed |= {"svg", "path", "rect", "ellipse"}
    for tag, attributes in looked.tags:
        assert tag in allowed
        assert not set(attributes) & {"style", "srcset", "action", "background"}
        assert not any(name.startswith("on") for name in attributes)
        assert tag == "img" or "src" not in attributes
        assert (attributes.get("src") or "data:image/").startswith("data:image/")
        assert is_safe(attributes.get("href") or "https://ours.example")
    return looked


def test_a_page_says_all_that_was_said_and_asks_nothing_of_anyone(pictures: Pictures) -> None:
    made = talk(picture(pictures), picture(pictures, 2))
    text = shown(made, Files(pictures, Wanted(thinking=True)))
    looked = assert_harmless(text)
    for words in ("Two lakes", "Be brief.", "Which is larger?", "Let me look.", "Are you sure?\n<b>Really</b>"):
        assert words in looked.text
    for words in ('print("<b>" & 1)', "quoted", "7 out · $0.0123", "Image 2 · lake at dusk.jpg", "costs $5 or $10"):
        assert words in looked.text
    assert "The left one." not in looked.text  # of another branch
    assert "The area is $a \\cdot b$ and costs" in looked.text
    assert ("span", {"class": "formula"}) in looked.tags
    assert [a["href"] for t, a in looked.tags if t == "a"] == ["https://example.org/map?a=1&b=2"]
    assert ("td", {"class": "right"}) in looked.tags
    [policy] = [a["content"] or "" for t, a in looked.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:;")
    [style] = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    assert f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    assert "prefers-color-scheme: dark" in style
    assert not re.search(r"url\(|@import", style)


def drawn(text: str) -> Looking:
    return assert_harmless("".join(page._text(text)))


def test_formulas_are_drawings_on_their_line_and_words_for_who_copies_them() -> None:
    looked = drawn("So $\\frac{a}{b}$ and\n\n$$x$$\n\nbut $\\unknown{<b>}$.")
    assert looked.text.split() == ["So", "$\\frac{a}{b}$", "and", "$$x$$", "but", "$\\unknown{<b>}$."]
    [fraction, letter] = [facts for tag, facts in looked.tags if tag == "svg"]
    assert all(fact["fill"] == "currentColor" and (fact["width"] or "").endswith("em") for fact in (fraction, letter))
    assert f".{fraction['class']} {{ vertical-align: -" in page._DEPTHS
    assert ("span", {"class": "formula display"}) in looked.tags
    assert ("code", {"class": "tex"}) in looked.tags  # what cannot be drawn is read


def test_code_has_its_tones_by_day_and_by_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toning, "_TOO_LONG", 60.0)
    text = "".join(page._text("```python\nif a < 1:  # 😀 so\n    x\n```\n\n- a\n\n  ~~~nothing\n  <b>\n  ~~~"))
    [toned, plain] = re.findall("<pre><code>(.*?)</code></pre>", text, re.DOTALL)
    assert toned == (
        '<span class="t-keyword">if</span> a &lt; <span class="t-number">1</span>:  '
        '<span class="t-comment"># 😀 so</span>\n    x'
    )
    assert plain == "&lt;b&gt;\n"
    head = page._head("", "")
    assert f".t-keyword {{ color: {toning.LIGHT['keyword']}; }}" in head
    assert f".t-keyword {{ color: {toning.DARK['keyword']}; }}" in head.partition(page._NIGHT)[2]


def test_tasks_have_boxes() -> None:
    looked = drawn("- [x] done\n- [ ] open\n\n  more\n- [y] no task\n\n[x] neither")
    said_by_line = [*filter(None, looked.text.split("\n"))]
    assert said_by_line == ["☑ done", "☐ open", "more", "[y] no task", "[x] neither"]
    assert [facts.get("class") for tag, facts in looked.tags if tag == "li"] == ["task", "task", None]


def test_a_list_has_one_direction_which_is_that_of_its_words() -> None:
    looked = drawn("- بند أول\n\n  1. بند\n\n> - one\n\n| أ |\n|---|\n| b |")
    assert [tag for tag, facts in looked.tags if facts.get("dir") == "auto"] == ["ul", "blockquote", "table"]


def test_a_model_is_named_only_where_it_has_answered(pictures: Pictures) -> None:
    files, made = Files(pictures, Wanted()), talk()
    assert f"day {BEGAN:.0f} · {MODEL}" in shown(made, files)
    nobody = tuple(Placed(replace(message, model=""), parent) for message, parent in made.messages)
    text = shown(replace(made, messages=nobody), files)
    assert MODEL not in text
    assert '<h2 class="who">Claude' in text


def test_a_conversation_without_a_title_says_so(pictures: Pictures) -> None:
    assert "<title>Untitled chat</title>" in shown(talk(title=" "), Files(pictures, Wanted()))


def test_a_page_holds_what_was_sent_or_the_originals(pictures: Pictures) -> None:
    image, heic = picture(pictures), picture(pictures, 2, original_format="HEIC")

    def held(wanted: Wanted) -> list[bytes]:
        looked = Looking(shown(talk(image, heic), Files(pictures, wanted)))
        return [b64decode((a["src"] or "").partition(",")[2]) for t, a in looked.tags if t == "img"]

    sent = [pictures.read(image.sent), pictures.read(heic.sent)]
    assert held(Wanted()) == sent
    assert MARKER not in b"".join(sent)
    assert held(Wanted(originals=True)) == [pictures.read(image.original), sent[1]]


def test_costs_and_thinking_are_left_out_where_they_are_not_wanted(pictures: Pictures) -> None:
    text = shown(talk(), Files(pictures, Wanted(costs=False)))
    assert "0.0123" not in text
    assert "Let me look" not in text


def test_a_missing_picture_is_told(pictures: Pictures) -> None:
    files = Files(pictures, Wanted())
    text = shown(talk(picture(pictures, sent="0" * 64)), files)
    assert "Image 1 is missing." in text
    assert files.missing == {"0" * 64}


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_was_said_becomes_markup(pictures: Pictures, words: str) -> None:
    image = picture(pictures, name=words[:200])
    looked = assert_harmless(
        shown(talk(image, title=words[:300], text=words), Files(pictures, Wanted())).encode("utf-8", "replace").decode()
    )
    assert "evil.example" not in "".join(str(a) for _, a in looked.tags)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab <>&\"'`*_[]()!#>|-$\\\n:/."), max_size=120))
@example("[a](http://b)<c")
def test_any_text_makes_a_page_that_is_well_formed(text: str) -> None:
    assert_harmless("".join(page._text(text)))


def test_a_long_answer_takes_time_in_proportion() -> None:
    text = answer(60_000)
    words = Looking("".join(page._text(text))).text
    assert len(words) > 40_000
    kinds = {type(piece) for piece in pieces(text + "\n\n" + "x" * 20_000)}
    assert kinds == {Plain, Code, Prose}


# --- Markdown -------------------------------------------------------------------------------------


def in_folder(made: Whole, folder: Path, files: Files) -> str:
    folder.mkdir()
    markdown.write(made, folder, files, WORDS)
    [path] = folder.glob("*.md")
    return path.read_text("utf-8")


def linked(text: str) -> list[str]:
    return [unquote(found) for found in re.findall(r"\]\((pictures/[^)]*)\)", text)]


def test_markdown_has_its_pictures_beside_it_by_their_names(pictures: Pictures, tmp_path: Path) -> None:
    images = [picture(pictures), picture(pictures, 2, "CON.png"), picture(pictures, 3, "a/../../b:c?.jpg")]
    made = talk(*images, picture(pictures, 4, "ütf 📈 [x](y).png"))
    text = in_folder(made, tmp_path / "out", Files(pictures, Wanted()))
    found = linked(text)
    assert found == [
        f"pictures/{name}" for name in ("01-lake at dusk.png", "02-_CON.png", "03-b_c_.png", "04-ütf 📈 [x](y).png")
    ]
    assert [(tmp_path / "out" / name).read_bytes() for name in found[:3]] == [pictures.read(i.sent) for i in images]
    assert "### Both show a *lake*" in text
    assert "nor \\<script>alert(1)\\</script>" in text
    assert '```python\nprint("<b>" & 1)\n```' in text
    assert "Are you sure?\n\\<b>Really\\</b>" in text
    assert re.findall("^##? .*", text, re.MULTILINE) == [
        "# Two lakes",
        "## System prompt",
        "## You",
        f"## {MODEL}",
        "## You",
    ]
    assert "*7 out · \\$0.0123*" in text
    assert "> **Thinking**" not in text


def test_markdown_takes_originals_and_links_those_that_no_reader_shows(pictures: Pictures, tmp_path: Path) -> None:
    images = [picture(pictures), picture(pictures, 2, "scan.heic", original_format="HEIC")]
    text = in_folder(talk(*images), tmp_path / "out", Files(pictures, Wanted(originals=True, thinking=True)))
    assert linked(text) == ["pictures/01-lake at dusk.jpg", "pictures/02-scan.png", "pictures/02-scan.heic"]
    assert (tmp_path / "out/pictures/02-scan.heic").read_bytes() == pictures.read(images[1].original)
    assert "> **Thinking**\n>\n> Let me look." in text


@pytest.mark.parametrize(
    ("text", "typed", "found"),
    [
        ("# A\n##### B\n#hash", False, "### A\n###### B\n#hash"),
        ("Title\n===\n\nSub\n---\n\na\nb\n---\n\n- x\n---", False, "### Title\n\n#### Sub\n\na\nb\n\\---\n\n- x\n---"),
        ("```\n# <b>\n```\n<b>", False, "```\n# <b>\n```\n\\<b>"),
        ("`<b>` ``<b> ` `` ` <b>\n\n` <b>", False, "`<b>` ``<b> ` `` ` \\<b>\n\n` \\<b>"),
        ("<https://a.example> <a@b.example> \\<b> a < b", False, None),
        ("$a<b$ <!--", False, "$a\\lt b$ \\<!--"),
        ("&amp; & &#60;", True, "\\&amp; & \\&#60;"),
        ("&amp;", False, "&amp;"),
    ],
)
def test_what_was_said_keeps_to_its_place_in_the_file(text: str, typed: bool, found: str | None) -> None:
    assert said(text, typed=typed) == (text if found is None else found)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab <>&`#\n=-\\$~"), max_size=80))
def test_nothing_is_markup_in_any_reader_and_no_heading_is_ours(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(said(text))
    within = [child for token in tokens for child in token.children or ()]
    assert not [token for token in within if token.type == "html_inline"]
    assert not [
        token for token in tokens if token.type == "heading_open" and token.tag in {"h1", "h2"} and not token.level
    ]


def test_an_open_block_of_code_does_not_swallow_what_follows(pictures: Pictures, tmp_path: Path) -> None:
    text = in_folder(talk(text="````python\nprint(1)"), tmp_path / "out", Files(pictures, Wanted()))
    assert "````python\nprint(1)\n````\n" in text


def test_an_export_ends_where_it_is_cancelled(pictures: Pictures, tmp_path: Path) -> None:
    files, made = Files(pictures, Wanted(), stopped=lambda: True), talk(picture(pictures))
    with pytest.raises(Cancelled):
        put_folder(tmp_path / "out", lambda folder: markdown.write(made, folder, files, WORDS))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures"]


# --- names ----------------------------------------------------------------------------------------


@given(st.text(max_size=300))
@example("nul.txt")
@example("COM¹")
@example("..")
@example("a" * 79 + "😀😀")
def test_every_name_is_one_that_every_system_takes(text: str) -> None:
    name = safe(text)
    assert 0 < len(name.encode()) <= 170
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert name.isprintable()
    assert name == name.strip(" .")
    assert name.partition(".")[0].casefold() not in {"con", "nul", "com1", "lpt9", "aux", "prn"}


def test_no_name_is_given_twice_in_one_folder() -> None:
    names = Names()
    given_out = [names.free(stem, ".png") for stem in ("a", "A", "a", "ä", "a\u0308", "straße", "STRASSE")]
    assert given_out == ["a.png", "A (2).png", "a (3).png", "ä.png", "ä (2).png", "straße.png", "STRASSE (2).png"]
    assert len({folded(name) for name in given_out}) == 7


# --- where it goes --------------------------------------------------------------------------------


def put(path: Path, then: Callable[[Path], object] = lambda _: None, *, over: bool = False) -> None:
    with target.new_file(path, over=over) as draft:
        draft.write_bytes(b"new")
        then(draft)


def put_folder(path: Path, then: Callable[[Path], object] = lambda _: None) -> None:
    with target.new_folder(path) as folder:
        (folder / "in").mkdir()
        target.write(folder / "in" / "x", b"x")
        then(folder)


def fail(_: Path) -> None:
    raise OSError(errno.ENOSPC, "full")


def fill_up(draft: Path) -> None:
    draft.unlink()
    draft.symlink_to("/dev/full")
    with draft.open("wb") as file:
        file.write(b"x" * 100_000)


def test_a_file_comes_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"old")
    with pytest.raises(Taken):
        put(path)
    with pytest.raises(StoreFull):
        put(path, fail, over=True)
    assert path.read_bytes() == b"old"
    put(path, over=True)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")
def test_what_is_exported_has_the_mode_of_the_persons_other_files(tmp_path: Path) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    (tmp_path / "private").touch(0o600)
    before = os.umask(0o027)
    try:
        put(tmp_path / "a")
        put_folder(tmp_path / "b")
        put(tmp_path / "private", over=True)
    finally:
        os.umask(before)
    assert [mode(tmp_path / name) for name in ("a", "b", "b/in/x", "private")] == [0o640, 0o750, 0o640, 0o600]


def test_what_comes_meanwhile_under_the_name_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(Taken):
        put(path, lambda _: path.write_bytes(b"theirs"))
    assert path.read_bytes() == b"theirs"
    with pytest.raises(Taken):
        put_folder(tmp_path / "b", lambda _: (tmp_path / "b").mkdir())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b"]
    assert list((tmp_path / "b").iterdir()) == []


def test_a_folder_comes_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(StoreFull):
        put_folder(tmp_path / "a", fail)
    assert list(tmp_path.iterdir()) == []
    put_folder(tmp_path / "a")
    assert (tmp_path / "a/in/x").read_bytes() == b"x"
    assert target.free(tmp_path / "a").name == "a (2)"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
def test_a_full_disk_leaves_no_half(tmp_path: Path) -> None:
    with pytest.raises(StoreFull):
        put(tmp_path / "a", fill_up)
    assert list(tmp_path.iterdir()) == []
