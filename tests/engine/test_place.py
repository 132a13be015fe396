"""What the text above says of the place where a name is completed: each note of a place, on a few lines."""

from __future__ import annotations

import pytest
from places import place

from sibyl.context.groups import FAR

INHERITED = "class Job(Far):\n    def go(self):\n        "


def test_names_and_members_of_the_last_tokens_are_near() -> None:
    """Both, and no others: thirty tokens are looked back at, keywords and marks among them."""
    assert place("if alpha.beta(12, 'x'):\n    gamma.").near == ["alpha", "beta", "gamma"]
    many = place("first(1, 2, 3)\n" + "filler\n" * 20 + "other.member\nlast = ")
    assert "first" not in many.near
    assert many.near[0] == "filler"
    assert many.near[-3:] == ["other", "member", "last"]
    assert place("(" * 40 + "alpha, beta").near == ["alpha"]


def test_the_newest_token_of_an_empty_text_is_a_line_break() -> None:
    """A file begins as a line does."""
    assert [place(text).newest_token for text in ("", "a(")] == ["<nl>", "("]


def test_a_statement_is_looked_back_at_so_far() -> None:
    """It begins behind the last line break; of a long one its last tokens count."""
    assert place("a = 1\nb = c.").statement == place("a = 1\n").tokens
    assert place("b = c.").statement == 0
    long = place("call(" + "a, " * 100)
    assert long.statement == long.tokens - FAR


def test_a_body_begins_behind_the_innermost_header() -> None:
    """Outside of functions none begins, and what stands at the top of a file is not taken for its docstring."""
    text = '"""Of the file."""\n'
    assert (place(text).begins, place(text).docstring) == (0, "")
    inner = "def outer():\n    def inner():\n        '''Of inner.'''\n        "
    assert place(inner).begins > place("def outer():\n    ").begins > 0
    assert place(inner).docstring == "Of inner."


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("def a():\n def b():\n  def c():\n   ", ["function", "enclosing", "enclosing", "module"]),
        ("class A:\n def b():\n  ", ["function", "module"]),
        ("def a():\n class B:\n  ", ["class", "function", "module"]),
        ("x = ", ["module"]),
    ],
)
def test_scopes_come_from_the_inside(text: str, levels: list[str]) -> None:
    """Only the innermost function is the function; the body of a class is seen from nowhere else."""
    assert [level for level, _ in place(text).bindings()] == levels


def test_the_member_before_is_that_of_the_receiver() -> None:
    """Uses are counted by the member used last on it, and by the one used last on anything."""
    here = place("a.x()\nb.y()\na.")
    assert (here.before, here.newest) == ("x", "y")
    assert ("b", "a", "x") in here.groups
    assert ("c", "y") in here.groups


@pytest.mark.parametrize("text", ["x = 3.", "x = x.1.", "x = ...", "from ."])
def test_what_has_no_members_is_no_member(text: str) -> None:
    """A dot behind a number, also where the text is no Python, is not that of a receiver."""
    assert not place(text).member


@pytest.mark.parametrize("text", [f"{INHERITED}self ", f"{INHERITED}super() ", "(1).real\nx = "])
def test_behind_a_receiver_without_a_dot_nothing_is_known_of_it(text: str) -> None:
    """What stands before the cursor is a receiver only where a dot follows."""
    here = place(text)
    assert (here.origin, here.spelled, here.value, here.cls, here.before) == ("",) * 5
    assert (here.attributes, here.bases, here.overridden) == ({}, [], "")


def test_attributes_are_those_of_classes_of_this_file() -> None:
    """A module that is called like one with two letters before it has none."""
    text = "class Box:\n    size = 1\n"
    assert place(f"{text}Box.").attributes == {"size": 0}
    assert place(f"import myBox\n{text}myBox.").attributes == {}


def test_a_base_is_asked_for_what_is_overridden() -> None:
    """However `super()` is called by then; on anything else nothing is overridden."""
    for receiver in ("super()", "super(Job, self)"):
        assert place(f"{INHERITED}{receiver}.").overridden == "go"
    assert place(f"{INHERITED}base = super()\n        base.").overridden == "go"
    assert place(f"{INHERITED}self.").overridden == ""


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (f"{INHERITED}self.", True), (f"{INHERITED}super().", True), (f"{INHERITED}self.attribute.", True),
        (f"{INHERITED}other.", False), (f"{INHERITED}selfish.", False), (f"{INHERITED}return ", False),
        ("class Job(Far):\n    pass\nclass Other:\n    def go(self):\n        Job().", True),
        ("class Job(Far):\n    pass\nclass Other:\n    def go(self):\n        self.", False),
    ],
)  # fmt: skip
def test_bases_are_those_of_the_class_that_is_asked(text: str, known: bool) -> None:
    """Of the receiver's class, or of the class around where that may have given the attribute."""
    assert place(text).bases == ([("~Far", 1)] if known else [])


def test_starred_parameters_are_not_given_by_name() -> None:
    """What stands behind one is given by its name alone, however many values come before."""
    assert place("f(1, ").not_given(("a", "b", "*", "c")) == ["b", "c"]
    assert place("f(1, 2, 3, 4, ").not_given(("a", "*args", "c", "**others")) == ["c"]
    assert place("f(1, c=2, ").not_given(("a", "b", "*", "c")) == ["b"]
