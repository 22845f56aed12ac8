"""Formulas as outlines: what is drawn, what is not, and that nothing takes long or reaches out."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import suppress
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.typeset import NotTypeset, Outline, typeset

COMMON = [
    r"x^2", r"E = mc^2", r"\frac{a}{b}", r"\sqrt[3]{x}", r"\sum_{i=1}^n i", r"\int_0^\infty e^{-x^2}\,dx",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", r"\begin{aligned} a &= b \\ &= c \end{aligned}",
    r"\begin{cases} 1 & x>0 \\ 0 & \text{otherwise}\end{cases}", r"\left(\frac{1}{2}\right)", r"\mathbb{R}^n",
    r"\hat{x} \vec{v} \overline{ab} \underbrace{a+b}_n", r"\binom{n}{k}", r"\lim_{x \to 0}", r"\boxed{x}",
    r"\color{red}{x}", r"{\color{red} x} + y", r"\colorbox{red}{x}", r"\text{-one}x",
    r"\text{50\% of \$5}", r"A \backslash B", r"a < b", r"x \tag{1}", "你好",
]  # fmt: skip


@pytest.mark.parametrize("tex", COMMON)
def test_what_is_common_is_drawn(tex: str) -> None:
    for display in (False, True):
        outline = typeset(tex, display=display)
        assert 0 < outline.width < 20
        assert 0 < outline.ascent < 5
        assert 0 <= outline.descent < 5


def test_letters_stand_on_the_line() -> None:
    assert typeset("x", display=False).descent < 0.03
    assert 0.1 < typeset("y", display=False).descent < 0.3
    assert typeset("x^2", display=False).ascent > typeset("x", display=False).ascent + 0.2


def test_a_formula_on_a_line_of_its_own_is_larger() -> None:
    for tex in (r"\sum_a^b", r"\int_a^b x", r"\frac{a}{b}"):
        assert height(typeset(tex, display=True)) > 1.2 * height(typeset(tex, display=False))


def test_an_integral_is_not_as_high_as_what_follows_it() -> None:
    alone, before = (typeset(tex, display=False) for tex in (r"\int x", r"\int \frac{\frac{a}{b}}{\frac{c}{d}}"))
    assert height(alone) < 1.2
    assert height(before) == pytest.approx(height(typeset(r"\frac{\frac{a}{b}}{\frac{c}{d}}", display=False)), abs=0.1)


def test_fences_are_as_high_as_what_is_between_them() -> None:
    inner = r"\frac{\frac{a}{b}}{\frac{c}{d}}"
    plain, high = (read(typeset(tex, display=True))[0] for tex in (f"({inner})", rf"\left({inner}\right)"))
    assert span(plain) < 120
    assert span(high) > 150


@pytest.mark.parametrize(
    "tex",
    ["", " ", r"\frac{1", "x_", "x^1^2", r"\left(", "a & b", r"\\", "x" * 2_001, r"\def\a{b}\a",
     r"\unknown{x}", r"x + \foo", r"\text{C:\dir}", r"\newcommand{\a}{b}\a", r"\gdef\a{b}",
     r"\let\a b", r"\hspace{100000em}x", r"\rule{99999em}{1em}",
     "{" * 60 + "x" + "}" * 60],
)  # fmt: skip
def test_what_cannot_be_drawn_is_told(tex: str) -> None:
    with pytest.raises(NotTypeset):
        typeset(tex, display=False)


@pytest.mark.parametrize(
    "tex",
    [opening * depth + "x" + "}" * depth
     for opening in ("{", "x^{", r"\frac{1}{", r"\sqrt{", r"\hat{", r"\overline{", r"\underbrace{", r"\phantom{",
                     r"\smash{", r"\text{", r"\boxed{", r"\overset{a}{")
     for depth in (6, 12, 39)]
    + [r"\left(" * 12 + "x" + r"\right)" * 12, r"\begin{pmatrix}a&" * 8 + "x" + r"\end{pmatrix}" * 8, "x" * 1_900,
       r"\begin{matrix}" + "&".join("1" * 900) + r"\end{matrix}", r"\sqrt" * 300 + "x", "x" + "'" * 1_900,
       "^" * 1_900, r"\\" * 900, r"\left(x\right)" * 140, r"\binom{" * 100 + "a}{" * 300],
)  # fmt: skip
def test_nothing_takes_long(tex: str) -> None:
    began = time.process_time()
    with suppress(NotTypeset):
        typeset(tex, display=True)
    assert time.process_time() - began < 1.5


def test_what_is_drawn_has_shapes_alone() -> None:
    for tex in [*COMMON, r"\href{http://evil.example}{x}", r"\color{url(http://evil.example)}{x}", r"\class{a}{x}"]:
        for element in read(typeset(tex, display=True)).iter():
            assert element.tag.rpartition("}")[2] in {"svg", "path", "rect", "ellipse"}
            values = [value for name, value in element.attrib.items() if name not in {"fill", "stroke", "color"}]
            assert all(re.fullmatch(r"[-MLQCHVZ0-9eE., ]*", value) for value in values)
            assert {element.get("fill"), element.get("stroke")} <= {None, "none", "currentColor"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["x", "{", "}", "^", "_", "&", r"\\", r"\frac", r"\sqrt", r"\left(", r"\right)", r"\text{<a>}", "<", "]]>",
             "$", r"\begin{matrix}", r"\end{matrix}", r"\hat", r"\color", "#", "%", "\x00", "\ud800", "&amp;",
             r"\unknown", "é"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_any_text_is_drawn_or_not(pieces: list[str]) -> None:
    try:
        outline = typeset("".join(pieces), display=False)
    except NotTypeset:
        return
    read(outline)


def test_no_formula_opens_a_file_or_a_connection() -> None:
    script = """
import sys
from app.core.typeset import NotTypeset, typeset
typeset("x", display=True)
seen = []
sys.addaudithook(lambda name, _: seen.append(name) if name in {"open", "socket.connect", "subprocess.Popen"} else None)
for tex in [r"\\input{/etc/passwd}", r"\\includegraphics{/etc/passwd}", r"\\href{file:///etc/passwd}{x}", r"\\text{x}",
            r"\\mathbf{x}", r"\\style{font-family:/etc/passwd}{x}", r"\\url{http://evil.example}", r"\\verb|x|"]:
    try:
        typeset(tex, display=True)
    except NotTypeset:
        pass
print(seen)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def height(outline: Outline) -> float:
    return outline.ascent + outline.descent


def read(outline: Outline) -> ET.Element:
    return ET.fromstring(outline.svg)  # noqa: S314  # we have just written it


def span(path: ET.Element) -> float:
    """Hundredths of an em from the top of a path to its bottom."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
    return max(numbers[1::2]) - min(numbers[1::2])
