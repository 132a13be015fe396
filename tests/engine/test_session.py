"""Session: one buffer from bytes to rankings, edited as an editor does.

In:   the stand-in and the shipped model; Python's own modules to edit.
"""

from __future__ import annotations

import random
import re
import sysconfig
from contextlib import closing
from pathlib import Path

import pytest
from differ import Differ
from standin import StandIn

from sibyl.errors import TextError
from sibyl.memory.accepted import Accepted
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.network.states import STRIDE, WINDOW
from sibyl.ranking.lists.listing import IMPORTS
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session, bare

SOURCE = """import os
from typing import Optional


class ProjectStore(Base):
    def __init__(self, path: str):
        self.path = os.path.abspath(path)

    def load(self, name: Optional[str] = None):
        with open(self.path) as file:
            return file.read()
"""
NAMES = ["append", "join", "path", "load", "_x", "read", "exists"]
TYPED = """

store = ProjectStore(f"{os.getcwd()!r:>{width}}")
for line in store.load().splitlines():
    print(line.strip(), {key: value for key, value in line}, end='''
''')
match store:
    case ProjectStore(path=p) if (n := len(p)) > 3: pass
@store.wrap
async def f(*, a=1): return await a.
"""


def order(session: Session, cursor: int) -> tuple[list[int], list[float]]:
    """A ranking of the same names."""
    ranking = session.rank(cursor, NAMES, [2] * len(NAMES))
    return ranking.order, ranking.probability


def test_typing_and_deleting_equal_opening(ranker: Ranker) -> None:
    """Each character typed, and each taken back, leaves all layers as if the text had been opened."""
    differ = Differ(ranker, SOURCE)
    differ.type(TYPED)
    differ.backspace(len(TYPED))
    assert differ.data == SOURCE.encode()
    assert differ.comparisons == 2 * len(TYPED)
    assert differ.drift <= 3


def test_typing_in_the_middle_equals_opening(ranker: Ranker) -> None:
    """The same between other lines, where all that follows moves."""
    middle = SOURCE.index("    def load")
    differ = Differ(ranker, SOURCE, middle)
    differ.type("    def save(self):\n        os.path.join(self.path.\n\n")
    assert differ.drift == 0


def test_the_real_model_equals_opening_too(real: Ranker) -> None:
    """In INT8 the same holds, to the last bit."""
    differ = Differ(real, SOURCE)
    differ.type("\nstore = ProjectStore(os.path.join('a'))\nstore.load(", check=False)
    differ.check()
    differ.backspace(12)
    differ.move(SOURCE.index("file.read") + 5)
    differ.check()
    assert differ.drift == 0


def test_nothing_below_the_cursor_matters(real: Ranker) -> None:
    """The same text above gives the same ranking, whatever stands below, broken or not."""
    above = (SOURCE + "\nstore = ProjectStore(p)\nstore.").encode()
    wanted = order(Session(real, above), len(above))
    chance = random.Random(1)
    for _ in range(50):
        below = bytes(chance.choice(b"\n\n  abc().[]{}'\"#\\:=@\xc3\xa9") for _ in range(60))
        assert wanted == order(Session(real, above + b"\n" + below), len(above))


def test_letters_of_the_word_change_nothing(real: Ranker) -> None:
    """While a word is typed, a list asked for where it begins keeps one order, to the last digit."""
    differ = Differ(real, SOURCE + "\nstore = ProjectStore(p)\nstore.")
    begin = differ.cursor
    wanted = order(differ.session, begin)
    for letter in "lo_é9":
        differ.edit(differ.cursor, 0, letter)
        assert wanted == order(differ.session, begin)


def test_bursts_equal_single_steps(ranker: Ranker) -> None:
    """Edits that nobody asked about in between end in the same."""
    differ = Differ(ranker, SOURCE)
    for number in range(60):
        differ.edit(number * 3, number % 4, "xy\n"[: number % 3])
    differ.move(len(differ.data))
    differ.check()
    differ.edit(0, len(differ.data), SOURCE)
    differ.move(200)
    assert differ.check()


def test_lines_end_as_they_like(ranker: Ranker) -> None:
    """Line ends of other systems are typed and deleted like any text."""
    differ = Differ(ranker, SOURCE.replace("\n", "\r\n"))
    differ.type("if x:\r\n\tos.path.y\r\n\t\fz.")
    differ.backspace(9)
    assert differ.drift == 0


def test_a_cursor_outside_the_text_is_at_its_end(ranker: Ranker) -> None:
    """A cursor that is ahead of the text does no harm."""
    session = Session(ranker, SOURCE.encode())
    assert order(session, 10**9) == order(session, len(SOURCE))


def test_an_impossible_edit_is_refused(ranker: Ranker) -> None:
    """A delta that does not fit is an error the desk can answer with 'out of step'."""
    session = Session(ranker, b"abc")
    with pytest.raises(TextError):
        session.edit(2, 5, b"x")
    assert bytes(session.text.data) == b"abc"


@pytest.mark.parametrize("source", ["store = ProjectStore(p)\nstore.", "x.", "", "import "])
def test_guesses_are_names_with_probabilities(real: Ranker, source: str) -> None:
    """Where no server helps there are names of the text, each once; the likeliest first, or none at all."""
    data = (SOURCE + source).encode() if source else b""
    guesses = Session(real, data).guess(len(data), 8)
    assert len(guesses) <= 8
    names = [name for name, _ in guesses]
    assert len(names) == len(set(names)) and all(name.isidentifier() for name in names)
    shares = [share for _, share in guesses]
    assert all(0 <= share <= 1 for share in shares)
    assert shares == sorted(shares, reverse=True)
    words = set(re.findall(r"\w+", data.decode()))
    assert set(names) <= words


@pytest.mark.parametrize("typed", [b"p\xff", b"p\xc3", b"\xe2\x82"])
def test_letters_that_are_no_utf_8_are_typed_letters(ranker: Ranker, typed: bytes) -> None:
    """A file in another encoding has lists, too, and so has a cursor amidst the bytes of a letter."""
    source = b"import os\nos." + typed
    ranking = Session(ranker, source).rank(len(source), NAMES, [2] * len(NAMES))
    assert sorted(ranking.order) == [*range(len(NAMES))]


def test_no_star_on_a_dunder_that_is_not_typed(real: Ranker) -> None:
    """`__init__` may be first after `super().`, but a star it gets only once its underscore is typed."""
    source = "class A(B):\n    def __init__(self):\n        super()."
    labels, kinds = ["__init__", "close", "__doc__"], [2, 2, 5]
    session = Session(real, source.encode())
    ranking = session.rank(len(source), labels, kinds)
    assert (ranking.order[0], ranking.stars) == (0, 0)
    typed = Session(real, (source + "__").encode())
    assert typed.rank(len(source) + 2, labels, kinds).stars >= 1


@pytest.mark.parametrize(("kind", "used"), [(6 | IMPORTS, False), (6 | IMPORTS, True), (6, False)])
def test_no_star_on_an_import_that_is_never_made(real: Ranker, kind: int, used: bool) -> None:
    """The only item left, which would add an import, is no good guess for that; a name that is used is."""
    source = "by_name = 1\n" * used + "class A:\n    by_na"
    session = Session(real, source.encode())
    stars = session.rank(len(source), ["by_name"], [kind]).stars
    assert stars == (1 if used or kind == 6 else 0)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("get", "get"),
        ("get(…)", "get"),
        ("key=", "key"),
        ("★ get", "get"),
        ("größe()", "größe"),
        ("__init__", "__init__"),
        ("", ""),
        ("()", "()"),
        ("np.subtract", "np.subtract"),
        ("os.O_RDONLY (import os)", "os.O_RDONLY"),
        ("★ a.größe.c()", "a.größe.c"),
        ("name.", "name"),
        ("a..b", "a"),
    ],
)
def test_a_label_has_a_name(label: str, name: str) -> None:
    """Marks and signatures around a name are no part of it."""
    assert name == bare(label)


def test_a_long_file_is_typed_into_without_reading_it_again(ranker: Ranker) -> None:
    """One character at the end of 2,000 lines and in their middle costs a few leaves."""
    path = Path(sysconfig.get_path("stdlib")) / "argparse.py"
    lines = path.read_bytes().split(b"\n")[:2000]
    data = b"\n".join(lines) + b"\n"
    middle = data.index(b"\n", len(data) // 2) + 1
    differ = Differ(ranker, data)
    for cursor in (len(data), middle):
        differ.move(cursor)
        reader = differ.session.stream.reader
        read, costs = reader.read, []

        def counted(*leaf: int, read=read, costs=costs) -> None:  # type: ignore[no-untyped-def]
            costs[-1] += 1
            read(*leaf)

        reader.read = counted  # type: ignore[method-assign]
        for letter in "    x = self.y(1).z\n":
            costs.append(0)
            differ.edit(differ.cursor, 0, letter)
            differ.session.prepare(differ.cursor)
        assert sorted(costs)[-2] <= 40, costs
        del reader.read
        differ.check()
    assert differ.drift <= 1


def test_a_rest_makes_ready_what_the_next_keys_need() -> None:
    """Right behind a border of the network's window, a line taken back costs no window after a rest."""
    model = StandIn()
    lines = (
        WINDOW + STRIDE
    ) // 3 + 3  # three tokens a line: a few lines too many for the first window
    differ = Differ(Ranker(model), "a(b\n" * lines)  # type: ignore[arg-type]
    differ.move(len(differ.data))
    assert differ.session.states.start == STRIDE
    differ.session.rest()
    model.tokens = 0
    differ.edit(len(differ.data) - 20 * 4, 20 * 4, "")
    differ.session.prepare(differ.cursor)
    assert differ.session.states.start == 0
    assert model.tokens < 300
    assert differ.check()


def test_an_accepted_argument_is_not_the_variable_of_its_name(real: Ranker, tmp_path: Path) -> None:
    """Accepting `verify=` speaks for that argument, and not for a variable called `verify`."""
    source, labels = b"import requests\nrequests.get(url, ", ["url", "verify", "stream=", "verify="]
    with closing(Accepted(tmp_path / "person.sqlite")) as person:

        def probabilities() -> dict[str, float]:
            session = Session(real, source, BufferMemory(person=person))
            ranking = session.rank(len(source), labels, [6] * 4)
            return dict(zip((labels[at] for at in ranking.order), ranking.probability, strict=True))

        before = probabilities()
        for _ in range(8):
            Session(real, source, BufferMemory(person=person)).accepted(len(source), "verify=")
        after = probabilities()
    assert after["verify="] > max(0.5, before["verify="])
    assert after["verify"] <= before["verify"]
