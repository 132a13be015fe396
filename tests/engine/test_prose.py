"""What is written in words around a place, and what it does for names.

In:   short sources; the shipped model.
"""

from __future__ import annotations

import pytest
from places import place
from rows import having, rows_of

from sibyl.ranking.features.written import Written, pieces_in
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session


@pytest.mark.parametrize(
    ("source", "quoted"),
    [
        ('x = {"size": 1, "name": ', ["size", "name"]),
        ('x = "size"\ny = ', []),
        ('x["size"] = ', ["size"]),
        ("x = 'a' 'b' + ", ["a", "b"]),
        ('f("", ', [""]),
        ("x = f\"{y['key']} more\", ", ["  more"]),  # what is in braces is code
        ('x = f"a {size} b {size:>{width}} c", ', ["a   b   c"]),
        (f'x = f"{"a" * 150}{{b}}{"c" * 60}", ', ["a" * 150 + " " + "c" * 47]),
        (f'x = f"{"a" * 198}{{size}}", ', ["a" * 198 + " "]),
        ('x = "{size}".format(', ["{size}"]),
        (
            'x = f"size={',
            ["size="],
        ),  # the braces that the place is in name what is written into them
        ('x = "key", f"a {b.c}, size={self.', ["key", ", size="]),
        ('x = f"size={round(1, ', ["size="]),
        ('x = f"{', [""]),
        ("x = f\"{y['key']}, size={", [", size="]),
        ("x = f\"{y['key'] + ", [""]),
        ("x = f\"one {f'two {", ["f'two "]),
        (f'x = f"{"a" * 300}{{', ["a" * 100]),
        ('x = f"{{size}} {', [" "]),
        ("x = f'one\\\ntwo {y.", ["one\\\ntwo "]),
        ('x = """one\ntwo""", ', ["one\ntwo"]),
        (f'x = "{"a" * 300}", ', ["a" * 200]),
    ],
)
def test_the_strings_of_a_statement(source: str, quoted: list[str]) -> None:
    """Each string up to here is known by what it says, or how it begins; those of other statements are not."""
    assert place(source).quoted == quoted


def test_strings_that_are_near() -> None:
    """Of statements before, too, the last four, and none that is far."""
    lines = "".join(f'x = "s{number}"\n' for number in range(6))
    assert place(lines + "y = ").quoted_near == ["s2", "s3", "s4", "s5"]
    assert place(lines + "z = 1\n" * 20 + "y = ").quoted_near == []


@pytest.mark.parametrize(
    ("source", "comments"),
    [
        ("# one\nx = ", " one"),
        ("x = 1  # one\n# two\ny = ", " two  one"),
        ("# one\n" + "x = 1\n" * 4 + "y = ", " one"),
        ("# one\n" + "x = 1\n" * 5 + "y = ", ""),
        ("x = [  # one\n    ", " one"),
        ("x = '# none'  # one # more\ny = ", " one # more"),
        ("x = '''\n# none\n'''\ny = ", ""),
        ('x = f"{a} # none"\ny = ', ""),
        ('x = f"{a.b}#{a.c}" + y.', ""),
        ('x = f"{n:#x}" + y.', ""),
        ("x = f\"{d['k']} # none\"  # one\ny = ", " one"),
        ('d = {"a": f"{b}#none", "c": y.', ""),
        ('x = f"{a} # none {y.', ""),
        ('x = f"{a}"  # one {y.\nz = ', " one {y."),
        ("# " + "a" * 600 + "\nx = ", ""),
    ],
)
def test_comments_just_above(source: str, comments: str) -> None:
    """Those of the last few lines, the nearest first; what looks like one in a string is none."""
    assert place(source).comments == comments


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('def f(a):\n    """Close it."""\n    x = ', "Close it."),
        ('def f(a):\n    b\n    """Close it."""\n    x = ', ""),
        ('"""Of a module."""\nx = ', ""),
        ('class A:\n    """Of a class."""\n    def f(self):\n        x = ', ""),
        ('def f(a="no"):\n    x = ', ""),
        ('def f(): "Close it."; x = ', "Close it."),
        ('def f():\n    "%s" % ', ""),
        ('def f():\n    "size".join(a.', ""),
        ('def f():\n    f"{size}"\n    x = ', ""),
        ('def f():\n    """Outer."""\n    def g():\n        """Inner."""\n        x = ', "Inner."),
    ],
)
def test_the_docstring_of_the_function_around(source: str, says: str) -> None:
    """It is the string that the function's body begins with, and nobody else's."""
    assert place(source).docstring == says


def test_words_of_any_sentence_say_nothing() -> None:
    """Articles and the like are in every comment; a name is no likelier for them."""
    assert pieces_in("Return the open sockets of this_pool, 3 times.") == {
        *("open", "sockets", "pool", "times"),
    }
    assert Written.of(place('x = {"Content-Length": ')).name == "Content_Length"
    assert Written.of(place(f'x = {{"{"long_" * 9}": ')).name == ""


NAMES = ["alpha", "close", "size", "size_limit", "zeta"]


@pytest.mark.parametrize(
    ("source", "column", "wanted"),
    [
        (b'x = {"size": y.', "string_same", {"size": 1}),
        (b'x = f"{y.alpha}, size={y.', "string_same", {"size": 1}),
        (b'x = f"{y.alpha}, size={', "string_same", {"size": 1}),
        (b'x = f"{y.alpha}, " + y.', "string_same", {}),
        (
            b'x = f"{y.alpha}, the limit of size: {y.',
            "label_pieces",
            {"size": 1, "size_limit": 0.5},
        ),
        (b'x = f"{y.alpha}, the limit of size: {', "label_pieces", {"size": 1, "size_limit": 0.5}),
        (b'x = f"{y.alpha} size " + y.', "label_pieces", {}),
        (b'x = f"size {y.alpha} {y.', "label_pieces", {}),
        (b'f(f"size {', "label_pieces", {"size": 1, "size_limit": 0.5}),
        (b'x = y.zeta + f"{y.alpha} {close(y.', "in_braces", {"alpha": 1, "close": 1}),
        (b'x = f"{y.alpha}" + y.', "in_braces", {}),
        (b'x = f"{y.alpha}", f"{y.', "in_braces", {}),
        (b'x = {"size": y.', "string_pieces", {"size": 1, "size_limit": 0.5}),
        (b'a = "size"\nx = y.', "string_pieces", {}),
        (b'a = "size"\nx = y.', "strings_pieces", {"size": 1, "size_limit": 0.5}),
        (b'a = "a sentence that has more to say of the size"\nx = y.', "strings_pieces", {}),
        (b"# Close the limit\nx = y.", "comment_pieces", {"close": 1, "size_limit": 0.5}),
        (b'def f():\n    """Close."""\n    x = y.', "docstring_pieces", {"close": 1}),
        (b'x = {"size": ', "string_same", {"size": 1}),
        (b'x = {"size": ', "string_pieces", {"size": 1, "size_limit": 0.5}),
        (b'a = "size"\nx = ', "strings_pieces", {"size": 1, "size_limit": 0.5}),
        (b'f("size", ', "string_same", {}),
        (b'f("size", ', "string_pieces", {}),
        (b'f("size", ', "strings_pieces", {}),
        (b'f("size", y.', "string_same", {"size": 1}),
        (b'def f():\n    """Close."""\n    x = ', "docstring_pieces", {"close": 1}),
        (b'a = "size"\nfrom x import ', "strings_pieces", {}),
    ],
)
def test_what_is_written_is_compared_with_names(
    source: bytes, column: str, wanted: dict[str, float]
) -> None:
    """Shares of the pieces of each name; beside an argument a string is another argument and names nothing."""
    assert having(rows_of(source, NAMES, [5] * len(NAMES)), NAMES, column) == wanted


@pytest.mark.parametrize("receiver", [b"self.", b""])
def test_a_key_lifts_what_it_names(real: Ranker, receiver: bytes) -> None:
    """The value of ``"size":`` is more often ``size`` than where nothing says so."""

    def place_of_size(source: bytes) -> int:
        session = Session(real, source)
        order = session.rank(len(source), NAMES, [5] * len(NAMES)).order
        return order.index(NAMES.index("size"))

    head = b"def f(self, alpha, close, size, zeta):\n    return {"
    assert place_of_size(head + b'"size": ' + receiver) == 0
    assert place_of_size(head + b'"zeta": ' + receiver) > 0
