"""Long bodies, brackets, runs of comments and docstrings: a key costs as much in them as elsewhere.

In:   sources in which no statement of a module or a class ends for thousands of lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from counting import count_parsed
from test_sections import leaves

from sibyl.code import cuts, sections
from sibyl.code.grammar import Leaf, leaves_of
from sibyl.code.syntax import Syntax
from sibyl.code.text import Text

STATEMENTS = (
    "    if a.value and other.thing(x):\n        result[key] = self.run(a, b, name='it')\n"
    "    else:\n        total += value.count\n    for y in z:\n        y.w()\n    else:\n        break\n"
)
DEEPER = "".join(f"    {line}\n" for line in STATEMENTS.splitlines())
ENTRIES = (
    "    'key': [1, 2, {'a': name.value}],\n    'b': not x if y in z else f(\n        w,\n    ),\n"
)
LONG_BODIES = {
    "a function": ("def f(self, a):\n", STATEMENTS, "    return a\n"),
    "a loop": ("while True:\n", STATEMENTS, "else:\n    a\n"),
    "a try in a method": (
        "class A:\n  def f(self):\n    try:\n",
        DEEPER,
        "    except B:\n        c\n",
    ),
    "a dictionary": ("x = {\n", ENTRIES, "}\nx.y\n"),
    "a call": ("x.y(\n", "    1, a.b,\n    name=(c, 'd'),\n", ")\nx.y\n"),
    "comments": (
        "def f(self, a):\n    b = 1\n",
        "    # x = foo(bar, 'it', \"baz\")\n",
        "    return a\n",
    ),
    "commented entries": ("x = [\n    1,\n", "    # 'it': \"baz\",\n", "]\nx.y\n"),
}


@pytest.mark.parametrize("name", LONG_BODIES)
def test_a_key_in_a_long_body_costs_a_few_sections(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind 5,000 lines of one body, bracket or run of comments a key parses no more than elsewhere."""
    head, again, _ = LONG_BODIES[name]
    source = (head + again * (5_000 // again.count("\n"))).encode()
    text, syntax = Text(source), Syntax()
    parsed = count_parsed(syntax, monkeypatch)
    syntax.advance(text, len(text))
    assert sum(parsed) < 6 * len(source)
    parsed.clear()
    for letter in b"    a.b(c, 'd')\n    e = f\n":
        syntax.edit(text.apply(len(text), 0, bytes((letter,))))
        syntax.advance(text, text.word_start(len(text)))
    assert 0 < max(parsed) <= 2 * cuts.SPAN


@pytest.mark.parametrize("name", ["a dictionary", "a call", "commented entries"])
def test_data_is_looked_at_for_a_cut_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no line begins a class or a function, each leaf is looked at for a cut and kept: not four times."""
    head, again, end = LONG_BODIES[name]
    source = (head + again * (10_000 // again.count("\n")) + end).encode()
    yielded = 0

    def counting(*asked: Any) -> Iterator[Leaf]:
        nonlocal yielded
        for leaf in leaves_of(*asked):
            yielded += 1
            yield leaf

    for module in (cuts, sections):
        monkeypatch.setattr(module, "leaves_of", counting)
    syntax = Syntax()
    syntax.advance(Text(source), len(source))
    assert yielded < 3 * len(list(syntax.leaves()))


@pytest.mark.parametrize("name", LONG_BODIES)
def test_a_cut_inside_a_long_body_changes_no_leaf(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing but the middle of a body is left to cut, the leaves are those of one tree, too."""
    head, again, end = LONG_BODIES[name]
    source = (head + again * 40 + end + "g = h.i\n" * 9).encode()
    whole, _ = leaves(source, 1 << 30, monkeypatch)
    for span in (150, 301, 602):
        cut, closed = leaves(source, span, monkeypatch)
        assert whole == cut, span
        assert closed >= len(source) // span // 4


def test_prose_in_an_open_string_is_not_read_as_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a docstring is written its words are no leaves; what a quote left open by mistake holds is read."""
    prose = b"    Some prose (about a thing, and more. Don't read it\n" * 500
    head = b'def f(a):\n    """Say.\n'
    text, syntax = Text(head + prose), Syntax()
    syntax.advance(text, len(text))
    assert [text.data[begin:end] for begin, end, _ in syntax.leaves()][-2:] == [b":", b'"""']
    edit = text.apply(len(text), 0, b'    """\n    a.b\n')
    syntax.edit(edit)
    syntax.advance(text, len(text))
    assert [text.data[begin:end] for begin, end, _ in syntax.leaves()][-3:] == [b"a", b".", b"b"]
    monkeypatch.setattr(cuts, "LONG", 2_000)
    syntax = Syntax()
    syntax.advance(Text(head + prose), len(head + prose))
    assert len(syntax.ends) > 100
    assert b"{a}" in sections.shown(b"x = f'''" + b"{a} b\n" * 300)
