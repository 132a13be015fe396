"""Keywords of the language in lists of words: the real model, lists as servers give them.

In:   the shipped model, places of everyday code.
"""

from __future__ import annotations

import pytest
from places import place

from sibyl.ranking.ranker import _SURE_AT_ONCE, Ranker, Ranking
from sibyl.ranking.session import Session

BODY = """\
import json
import os


def read(path: str, names: list[str]):
    data = os.fspath(path)
    """
LISTS = {
    "i": "id if import in input int is isinstance issubclass iter",
    "r": "raise range read repr return reversed round",
    "f": "filter finally float for format from frozenset function",
    "N": "NameError None NotImplemented NotImplementedError",
    "F": "False FileExistsError FileNotFoundError FloatingPointError",
    "T": "TimeoutError True TypeError",
    "e": "elif ellipsis else enumerate eval except exec exit",
    "d": "data def del delattr dict dir divmod",
    "a": "abs all and any as ascii assert async await",
    "n": "names next nonlocal not",
    "l": "lambda len license list locals",
    "": "None True data json lambda names not os path",
}
KEYWORDS = frozenset(
    "if import in is raise return finally for from None False True elif else except def del and as "
    "assert async await nonlocal not lambda".split()
)
FIRST = [
    ("", "i", "if"), ("", "r", "return"), ("", "f", "for"), ("return ", "N", "None"),
    ("data = ", "F", "False"), ("print(data, flush=", "T", "True"), ("for name ", "i", "in"),
    ("try:\n        pass\n    ", "e", "except"), ("if data:\n        pass\n    ", "e", "else"),
    ("if data ", "i", "is"), ("if data ", "a", "and"), ("with open(path) ", "a", "as"),
    ("key = sorted(names, key=", "l", "lambda"), ("raise ValueError() ", "f", "from"),
    # and what is no keyword stays first where none is meant
    ("return ", "d", "data"), ("print(", "d", "data"), ("for name in ", "n", "names"),
    ("print(", "", "data"), ("return ", "", "data"),
]  # fmt: skip


def ranked(real: Ranker, text: str, names: list[str]) -> tuple[list[str], Ranking]:
    """The order of a list at the end of a text."""
    source = text.encode()
    kinds = [14 if name in KEYWORDS else 3 for name in names]
    ranking = Session(real, source).rank(len(source), names, kinds)
    return [names[at] for at in ranking.order], ranking


@pytest.mark.parametrize(("text", "letter", "first"), FIRST)
def test_a_keyword_stands_first_where_it_is_meant(
    real: Ranker, text: str, letter: str, first: str
) -> None:
    """Statements, conditions and constants begin with their keyword, and only they."""
    assert ranked(real, BODY + text + letter, LISTS[letter].split())[0][0] == first


ALL = sorted((*LISTS[""].split(), *KEYWORDS, "while", "yield", "or"))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("for name ", "in"), ("if data ", "is in and or not"), ("with open(path) ", "as"),
        ("x = data[0] ", "if or and in"), ("raise ValueError() ", "from"), ("import os ", "as"),
        ("print(data) ", "and as else for from if import in is not or"),
        ("\n\nfrom os.path ", "import"), ("\n\nfrom os ", "import"), ("\n\nfrom .a ", "import"),
    ],
)  # fmt: skip
def test_behind_an_operand_a_keyword_goes_on(real: Ranker, text: str, first: str) -> None:
    """No name can stand there, however often the file has used it."""
    assert ranked(real, BODY + text, ALL)[0][0] in first.split()


@pytest.mark.parametrize(
    ("text", "operand", "module"),
    [
        ("x", False, False), ("x ", True, False), ("x = ", False, False), ("f(a) ", True, False),
        ("f(", False, False), ("x.", False, False), ("x.y ", True, False), ("'a' ", True, False),
        ("1 ", True, False), ("not ", False, False), ("None ", True, False), ("a, ", False, False),
        ("match ", False, False), ("type ", False, False), ("x = match ", True, False), ("case ", False, False),
        ("x\n", False, False), ("x; ", False, False), ("if x: ", False, False), ("[a] ", True, False),
        ("from os ", True, True), ("from os", False, False), ("from os.", False, False),
        ("from os import ", False, False), ("from os import a ", True, False), ("import os ", True, False),
        ("@x\n", False, False), ("def f(a: int ", True, False), ("lambda a: ", False, False),
    ],
)  # fmt: skip
def test_where_an_operand_ends_is_known(text: str, operand: bool, module: bool) -> None:
    """A name, a member, a literal or a closing bracket ends one; a new line or statement is another one."""
    here = place(text)
    assert (here.operand, here.from_module) == (operand, module)


def test_import_is_the_one_word_behind_a_module(real: Ranker) -> None:
    """What else begins alike cannot stand there."""
    assert ranked(real, "import json\nfrom os i", LISTS["i"].split())[0][0] == "import"


def test_before_a_letter_a_word_must_be_surer_to_wear_a_star(real: Ranker) -> None:
    """Nothing typed yet says little: who is starred there is as sure to be right as elsewhere."""
    for text in ("print(", "return ", "x = ", "assert ", "if "):
        _, ranking = ranked(real, BODY + text, LISTS[""].split())
        assert (ranking.stars > 0) == (ranking.probability[0] >= _SURE_AT_ONCE)
    _, ranking = ranked(real, BODY + "return d", LISTS["d"].split())
    assert ranking.stars > 0
