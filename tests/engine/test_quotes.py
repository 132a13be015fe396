"""Quotes: which string is left open, told without a parser.

In:   texts with f-strings whose braces hold quotes, their own ones too (Python 3.12).
"""

from __future__ import annotations

import time

import pytest

from sibyl.code.quotes import open_quote
from sibyl.code.stream import Stream
from sibyl.code.text import Text
from sibyl.memory.notes import take_notes

CLOSED = [
    'f"{d["key"]}"', 'f"{x.get("a", "")}"', "f'{x['a']}'", 'f"{a["b"]["c"]}"',
    'f"{"a" if b else "c"}"', 'f"{x:{w}}" + "a"', 'f"{{" + "a"', 'f"{{{x["a"]}}}"', 'f"{x:{"a"}}"',
    'f"{f"{f"{1}"}"}"', "f'''{\nx['a']}\n'''", 'f"{x[1:2]["a"]}"', 'f"{(lambda x: "a")}"',
    'self"{"', 'if"{" in x: pass', 'f"{a:%H:%M}"', 'f"{x}" "{"', "f'{a}' f\"{b['c']}\"", 't"{a["b"]}"',
    'rf"{a["b"]}"', 'f"{x!r:>{n["w"]}}"', 'f"{x!r:"^10}"', '"{" + f"{"}"}"',
    'f"\\"{x["a"]}"', 'f"{{ {x["a"]} {{"', 'f"{ {1: "a"}["b"] }"', 'f"{x:{ {1: "a"}[1] }}"',
]  # fmt: skip
LEFT_OPEN = {
    'f"{a["b"]} + "c': 1, "f'a {": 1, 'x = f"{a} \n': 5, "f'''{x['a']\n": 1, 'f"{a["b"]}" + "c': 14,
    '"{a["c"]}"': 0, 'f"{a["b"]}" + f"{c': 15,
}  # fmt: skip


@pytest.mark.parametrize("text", CLOSED)
def test_quotes_in_the_braces_of_an_f_string_are_its_own_affair(text: str) -> None:
    """Whatever quotes its code uses, the string ends where it ends for Python."""
    data = f"{text}\nx = 1\n".encode()
    assert open_quote(data, len(data)) == -1


@pytest.mark.parametrize(("text", "at"), LEFT_OPEN.items())
def test_what_is_left_open_is_found(text: str, at: int) -> None:
    """Braces hide no string that nothing ends; a string without a prefix has none."""
    data = text.encode()
    assert open_quote(data, len(data)) == at


def test_what_stands_behind_such_a_string_is_remembered() -> None:
    """The notes of a file go on behind f-strings of Python 3.12."""
    source = b'def a(d):\n    return f"{d["key"]}"\n\nclass Order:\n    def total(self): return self.price\n'
    assert list(take_notes(source).classes) == ["Order"]


@pytest.mark.parametrize("text", ['f"{', 'f"""{', "f'''{[(", 'f"{f"', "f'{a:'", 'f"{a}"', "f'''"])
def test_odd_strings_are_read_in_linear_time(text: str) -> None:
    """Many strings whose braces fit nowhere cost no square of their length."""
    data = text.encode() * 40_000
    began = time.perf_counter()
    open_quote(data, len(data))
    assert time.perf_counter() - began < 8


JOINED = [("x = ", "y.z"), ("f(a, ", "b)\nq"), ("x\n", "y"), ("def f():\n    return ", "self.a\nk")]


@pytest.mark.parametrize(("before", "behind"), JOINED)
@pytest.mark.parametrize("line", ["\\\n", "  \\\r\n"])
def test_many_lines_that_are_joined_are_read_as_few(before: str, behind: str, line: str) -> None:
    """A run of lines that hold a backslash alone joins what is around, however long it is, typed or read."""
    few, many = (f"{before}{line * times}{behind}".encode() for times in (3, 300))
    text, typed = Text(b""), Stream()
    for at in range(len(many)):
        typed.edit(text.apply(at, 0, many[at : at + 1]))
        if at % 7 == 0:
            typed.advance(text, at + 1)
    typed.advance(text, len(many))
    short, read = Stream(), Stream()
    short.advance(Text(few), len(few))
    read.advance(Text(many), len(many))
    assert typed.texts == read.texts == short.texts
