"""Sections: where a long text is cut.

In:   snippets in which most lines are no place to cut, Python's own modules, random edits.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from counting import count_parsed
from differ import Differ

from sibyl.code import cuts
from sibyl.code.grammar import Leaf
from sibyl.code.syntax import Syntax
from sibyl.code.text import Text
from sibyl.ranking.ranker import Ranker

# In all of these a line looks like the begin of a statement and is none.
TEMPLATE = """
class Made:
    def run(self):
        return 1
def main():
    Made().run()
if __name__ == "__main__":
    main()
"""
TRICKY = {
    "code in a string": f"import os\ntemplate = '''{TEMPLATE}'''\nos.f(template)\nx = 1\n" * 2,
    "a docstring": f'def f(a):\n    """Say.\n{TEMPLATE}    """\n    return a.b\ny = f(3)\n' * 2,
    "a decorated class": f"@a.b\nclass C(D):\n    '''Say.\n{TEMPLATE}    '''\n    def e(f): g\n\nh = i\n"
    * 2,
    "a formatted string": f"x = f'''{{a.b}}{TEMPLATE}{{\nc.d\n}}'''\nclass A(B):\n    c = d.e\n"
    * 2,
    "brackets": "x = f(\na.b,\nc.d(\n1,\n),\n{\n'a': 1,\n},\n)\ndef g(\na,\nb,\n):\n    pass\n" * 3,
    "else": "if a:\n    b.c\nelif d:\n    e.f\nelse:\n    g\ntry:\n    h\nexcept I:\n    j\nfinally:\n    k\n"
    "for x in y:\n    z\nelse:\n    a.b\nwhile 1:\n    pass\nelse:\n    c\n" * 2,
    "decorators": "@a.b\n@c(\nd,\n)\ndef f(): pass\n@e\n@f\nclass G(H):\n    @i\n    @j.k\n    def l(m): n\n"
    * 3,
    "continued lines": "x = a + \\\nb.c\nassert x, \\\n'''\nno'''\nwith a as b, \\\nc as d:\n    pass\n"
    * 4,
    "classes": "class A(\nB\n):\n    x = 1; y = 2\n    def f(self): pass\n    class C:\n        def g(a):\n"
    "            if a: return\n            else: b\n        z = (\n1,\n)\n    w = [\n2\n]\n\nv = A.C\n"
    * 2,
    "match": "match x:\n    case A(b=1): c\n    case [d, *_]:\n        e\n    case _: f\nmatch = print\n"
    * 4,
    "old prints": "print >>f, x\nprint 'a', b.c,\nexec 'd' in e\nraise A, b\n" * 6,
    "comments": "x = 1\n# class A:\n    # no\n# '''\ndef f():\n# y\n    return 1\n# z\n\n\ng = f()\n"
    * 4,
}


def leaves(source: bytes, span: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Leaf], int]:
    """All leaves of a text cut by this many bytes, and how many sections were closed."""
    monkeypatch.setattr(cuts, "SPAN", span)
    syntax = Syntax()
    syntax.advance(Text(source), len(source))
    return list(syntax.leaves()), len(syntax._sections.closed)


@pytest.mark.parametrize("name", TRICKY)
def test_a_cut_changes_no_leaf(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the bytes that decide end, in the middle of whatever, the leaves are those of one tree."""
    source = TRICKY[name].encode()
    whole, _ = leaves(source, 1 << 30, monkeypatch)
    cuts = 0
    for span in range(16, len(source)):
        cut, closed = leaves(source, span, monkeypatch)
        assert whole == cut, span
        cuts += closed
    assert cuts > 0


def test_a_cut_changes_no_leaf_of_real_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own long modules have the same leaves in sections and in one piece."""
    library = Path(sysconfig.get_path("stdlib"))
    for name in ("argparse", "inspect", "typing", "doctest", "turtle", "subprocess", "tarfile"):
        source = (library / f"{name}.py").read_bytes()
        whole, _ = leaves(source, 1 << 30, monkeypatch)
        for span in (3_000, cuts.SPAN):
            cut, closed = leaves(source, span, monkeypatch)
            assert whole == cut, (name, span)
            assert closed >= len(source) // span // 4


def test_a_broken_statement_far_above_does_not_keep_a_section_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A line left half written is no reason to parse all that follows again at each key."""
    monkeypatch.setattr(cuts, "SPAN", 600)
    sound = b"def f(a):\n    return a.b(c, 'd')\n\n\n" * 100
    for broken in ("x = (a.", "class A(", "def g(self", "<<<<<<< HEAD", "x = 'a", "[a, {", "if x"):
        text, syntax = Text(broken.encode() + b"\n" + sound), Syntax()
        syntax.advance(text, len(text))
        assert len(text) - syntax.base < 1200, broken


def test_a_string_left_open_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that may be in a string is not taken for code before several spans have passed."""
    monkeypatch.setattr(cuts, "SPAN", 400)
    monkeypatch.setattr(cuts, "LONG", 1200)
    inside = b"def f(a):\n    return a\n" * 60
    text, syntax = Text(b"a = 1\nb = '''\n" + inside), Syntax()
    for stop in (500, 900, 1300):
        syntax.advance(text, stop)
        assert syntax.base == 0
    text = Text(b"a = 1\nb = '''\n" + inside + b"'''\nc = 2\n" + b"class D: pass\n" * 100)
    syntax = Syntax()
    syntax.advance(text, len(text))
    assert syntax.base > text.data.index(b"c = 2")


def test_a_leaf_that_ends_with_its_section_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line continuation right before a cut is still there when all of the open section is laid out again."""
    monkeypatch.setattr(cuts, "SPAN", 300)
    source = b"x = 1\n" * 43 + b"y = 2 \\\n" + b"def f():\n    z = 3\n" * 8
    text, syntax = Text(source), Syntax()
    syntax.advance(text, len(text))
    before = list(syntax.leaves())
    assert syntax.base in syntax.ends
    syntax.refresh()
    syntax.edit(text.apply(len(text), 0, b"\n"))
    syntax.advance(text, len(text))
    assert list(syntax.leaves()) == before


def test_a_leaf_that_ends_with_its_section_stays_when_another_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A line continuation right before a cut is still there when the section after it is closed."""
    monkeypatch.setattr(cuts, "SPAN", 300)
    source = b"x = 1\n" * 43 + b"y = 2 \\\n" + b"def f():\n    z = 3\n" * 8
    text, syntax = Text(source), Syntax()
    syntax.advance(text, len(text))
    base = syntax.base
    assert base in syntax.ends
    while syntax.base == base:
        syntax.edit(text.apply(len(text), 0, b"def g():\n    z = 4\n"))
        syntax.advance(text, len(text))
    fresh = Syntax()
    fresh.advance(Text(bytes(text.data)), len(text))
    assert list(syntax.leaves()) == list(fresh.leaves())


def test_a_key_in_a_long_file_costs_a_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is done for a key grows with the file: not what is parsed, not what is walked."""
    source = (Path(sysconfig.get_path("stdlib")) / "typing.py").read_bytes() * 5
    text, syntax = Text(source), Syntax()
    syntax.advance(text, len(text))
    parsed = count_parsed(syntax, monkeypatch)
    for letter in b"\n\nresult = self.thing(1)\nclass A(B):\n    pass\n":
        syntax.edit(text.apply(len(text), 0, bytes((letter,))))
        syntax.advance(text, text.word_start(len(text)))
    assert 0 < max(parsed) <= 2 * cuts.SPAN
    assert len(source) > 10 * cuts.SPAN


def test_typing_over_a_cut_leaves_no_trace(ranker: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a section closes while typing, and opens while deleting, all is as if freshly opened."""
    monkeypatch.setattr(cuts, "SPAN", 300)
    differ = Differ(ranker, "")
    typed = (
        "import os\n\nclass A(B):\n    def f(self, x):\n        return os.path.join(x.y)\n\n" * 6
    )
    differ.type(typed)
    assert len(differ.session.stream.syntax._sections.closed) >= 1
    assert differ.drift == 0
    differ.backspace(300)
    differ.move(10)
    differ.type("a.b\n")
    differ.move(len(differ.data))
    assert differ.check()
