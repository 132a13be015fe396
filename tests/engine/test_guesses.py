"""Guesses: names that the user's own code can justify, where no language server knows any.

In:   the shipped model; small files.
"""

from __future__ import annotations

import numpy as np
import pytest

from sibyl.memory.installed import Installed
from sibyl.ranking.guesses import LEAST, candidates, enough, support
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session
from sibyl.ranking.unlisted import spoken_for

NOTES = """
class Notes:
    def __init__(self, folder):
        self.folder = folder
        self.lines = []

    def remember(self, line):
        self.lines.append(line)

    def show(notes):
        for line in notes.lines:
            print(line)
        notes.
"""


OWN = NOTES.rstrip().replace("show(notes)", "show(self)").replace("notes.", "self.")


def guessed(ranker: Ranker, source: str) -> list[str]:
    """Return the guesses at the end of a text."""
    return [name for name, _ in Session(ranker, source.encode()).guess(len(source), 12)]


def test_guesses_are_what_the_text_can_justify(real: Ranker) -> None:
    """Names that only the training code knows are not offered, nor the receiver's own."""
    names = guessed(real, OWN)
    assert names[0] == "lines"
    assert set(names) <= {"folder", "lines", "remember", "append", "show"}
    assert "feast" not in guessed(
        real, "import feast\nfeast.apply()\nfeast.apply()\nx.feast()\nfeast."
    )


def test_an_empty_list_is_better_than_noise(real: Ranker) -> None:
    """Where nothing in the user's code speaks for a name, and in strings and comments, nothing is guessed."""
    for source in ("x.", "import os\nx.", NOTES.replace("print(line)", "print('notes.")):
        assert guessed(real, source.rstrip("\n").removesuffix("\n        notes.")) == []


CART = """def report(cart, out):
    print(cart.owner, cart.total())
    for item in cart.items:
        out.write(item.name)
        out.append(item.price)


def receipt(cart, out):
    cart."""


def test_guesses_of_a_receiver_begin_with_what_it_was_used_with(real: Ranker) -> None:
    """Names used on this receiver, in whatever function, come before names used on others."""
    names = guessed(real, CART)
    assert set(names[:3]) == {"owner", "total", "items"}
    assert set(names[3:]) <= {"write", "append", "name", "price"}


def test_guesses_begin_as_typed(real: Ranker) -> None:
    """Letters typed leave the names that begin so; a dunder is offered only once its underscore is typed."""
    assert guessed(real, NOTES.rstrip() + "li") == ["lines"]
    assert not any(name.startswith("__") for name in guessed(real, OWN))
    assert guessed(real, OWN + "__") == ["__init__"]


BASE = """
from remote import Base


class Job(Base):
    def start(self):
        super().begin()
        super().begin()

    def NAME(self):
        super()."""


@pytest.mark.parametrize("name", ["__init__", "__enter__", "setUp"])
def test_what_a_method_overrides_is_the_first_guess_of_its_base(real: Ranker, name: str) -> None:
    """Behind `super().` the method's own name comes before all others, a dunder, too; elsewhere it is none."""
    source = BASE.replace("NAME", name)
    names = guessed(real, source)
    assert names[:2] == [name, "begin"]
    assert name not in guessed(real, source.replace("        super().", "        other.", 3))
    assert guessed(real, source + name[:2]) == [name]


def test_many_names_that_something_speaks_for_are_worth_a_menu() -> None:
    """None of 30 need be likely alone; names that nothing speaks for count only where all of them exist."""
    likely = [(at, 0.03) for at in range(30)]
    spoken_for, nothing = np.ones(30, np.float32), np.zeros(30, np.float32)
    assert enough(likely, spoken_for, exist=False)
    assert not enough(likely[:19], spoken_for, exist=False)
    assert not enough(likely, nothing, exist=False)
    assert not enough(likely, nothing, exist=True), "five of them are seen"
    assert enough([(0, 0.2), (1, 0.11)], nothing, exist=True)


@pytest.mark.parametrize("begin", ["", "x = ", "if ", 'x = f"{', "for y in "])
def test_a_receiver_that_is_used_everywhere_has_guesses_everywhere(
    real: Ranker, begin: str
) -> None:
    """Many names used on it divide what is likely among them; the menu comes all the same."""
    names = (
        "slug title price stock owner image weight colour vendor parent pages state label notes "
        "brand units depth height width batch serial origin lot shelf"
    ).split()
    uses = "".join(f"def of_{name}(product):\n    return product.{name}\n\n\n" for name in names)
    assert len(guessed(real, f"{uses}def show(product):\n    {begin}product.")) >= 5


def test_a_module_has_no_names_of_other_receivers(real: Ranker) -> None:
    """Guesses of an installed module are names that it has, or that were used on it; no others of the file."""
    source = "import shutil\n\n\n" + CART.replace("    cart.", "    shutil.wipe(out)\n    shutil.w")
    session = Session(real, source.encode())
    session.recall.installed = Installed("")
    names = [name for name, _ in session.guess(len(session.text), 12)]
    assert sorted(names) == ["which", "wipe"]


def test_a_module_of_many_names_that_are_alike_has_no_guesses(real: Ranker) -> None:
    """All its names exist, but the first five say nothing: eighty error numbers are no help."""
    for module, guesses in (("errno", False), ("shutil", True)):
        source = f"import {module}\n{module}."
        session = Session(real, source.encode())
        session.recall.installed = Installed("")
        assert bool(session.guess(len(source), 12)) is guesses


def test_names_used_on_something_else_alone_are_no_menu(real: Ranker) -> None:
    """That the file uses members somewhere makes them candidates anywhere, and no reason to show them."""
    used = "import os\nos.path.join(a)\nprint(b.c)\n"
    assert guessed(real, used + "x.") == []
    assert guessed(real, used + "b.")[0] == "c"


def test_what_is_worth_next_to_nothing_is_no_guess(real: Ranker) -> None:
    """However many are asked for, the menu has none that the rest makes all but impossible."""
    uses = "".join(f"print(cart.{name})\n" for name in ("owner", "total", "items") * 9)
    others = "".join(f"other.name_{number}\n" for number in range(60))
    source = others + uses + "cart."
    guesses = Session(real, source.encode()).guess(len(source), 400)
    assert {name for name, _ in guesses} >= {"owner", "total", "items"}
    assert all(share >= LEAST for _, share in guesses)


def speaking(ranker: Ranker, source: str, names: tuple[str, ...], typed: str = "") -> list[float]:
    """Return what is added to names at the end of a text; each is a candidate, too."""
    session = Session(ranker, source.encode())
    session.prepare(len(source))
    at = session._place(), session.usage, session.recall.at(session._place())
    assert set(names) <= set(candidates(*at, typed))
    return [float(more) for more in support(*at, names)]


JOB = """
class Job:
    def __init__(self):
        self.state = ""


def begin(task: Job, other: Job):
    other.resume()
    thing.halt()
    task.trace()
    task."""


def test_what_speaks_for_a_name_adds_to_it(real: Ranker) -> None:
    """Its class most, then this receiver, then another one of its class; a use on something else nothing."""
    names = ("state", "trace", "resume", "halt")
    state, trace, resume, halt = speaking(real, JOB, names)
    assert state > trace > resume > 2
    assert halt == 0
    both = JOB.replace("task.trace()", "task.state")
    assert speaking(real, both, ("state",))[0] > state


def test_of_names_that_are_no_members_none_is_preferred(real: Ranker) -> None:
    """All names in scope exist: what a class has or a receiver was used with says nothing of them."""
    assert speaking(real, JOB.removesuffix("task."), ("task", "other")) == [0, 0]


def test_candidates_are_what_may_still_be_typed(real: Ranker) -> None:
    """A dunder waits for its underscore; what is typed whole already is no candidate."""
    session = Session(real, JOB.encode())
    session.prepare(len(JOB))
    at = session._place(), session.usage, session.recall.at(session._place())
    assert "__init__" not in candidates(*at, "")
    assert candidates(*at, "_") == ["__init__"]
    assert candidates(*at, "stat") == ["state"]
    assert candidates(*at, "state") == []


def test_what_was_used_on_this_receiver_is_told_apart(real: Ranker) -> None:
    """A name used on another one of its class is considered; it has to be likely to be shown."""
    session = Session(real, JOB.encode())
    session.prepare(len(JOB))
    at = session._place(), session.usage, session.recall.at(session._place())
    assert spoken_for(*at) == {"trace": True, "resume": False, "state": False}
    assert next(iter(spoken_for(*at))) == "trace", "the latest first"
