"""Names that a server's list lacks: what the user's own code did with the receiver stands among the items.

In:   the shipped model; small files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import noted
from sibyl.memory.project import Project
from sibyl.memory.project_store import ProjectStore
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.ranker import Ranker, Ranking
from sibyl.ranking.session import Session
from sibyl.ranking.unlisted import LEAST, MOST, SHOWN, Spoken, arguments_for, spoken_for

REQUEST = """
def login(request, forms):
    if request.user.is_active:
        print(request.user.name, request.tenant)
    return request.tenant


def audit(request):
    log(request.tenant, request.user)
    print(request.tenant)
    return request."""
LISTED = ["conjugate", "denominator", "imag", "numerator", "real"]
FIELD = 5


def ranked(ranker: Ranker, source: str, labels: list[str] = LISTED) -> Ranking:
    """Rank a list of fields at the end of a text."""
    return Session(ranker, source.encode()).rank(len(source), labels, [FIELD] * len(labels))


def test_names_used_on_the_receiver_stand_among_the_items(real: Ranker) -> None:
    """What was used on this receiver and is not listed comes back with its place; listed names do not."""
    ranking = ranked(real, REQUEST)
    assert {beside.name for beside in ranking.unlisted} == {"tenant", "user"}
    assert ranking.unlisted[0].name == "tenant"
    places = [beside.at for beside in ranking.unlisted]
    assert places == sorted(places)
    assert all(0 < beside.probability < 1 for beside in ranking.unlisted)
    for beside in ranking.unlisted:
        before = ranking.probability[: beside.at]
        assert all(share >= beside.probability - 1e-3 for share in before)
        assert all(share < beside.probability + 1e-3 for share in ranking.probability[beside.at :])
    assert sorted(ranking.order) == [*range(len(LISTED))]


def test_one_that_is_listed_is_no_guess(real: Ranker) -> None:
    """A list that has all of them has none beside it."""
    assert ranked(real, REQUEST, [*LISTED, "tenant", "user"]).unlisted == []


def test_probabilities_are_those_of_the_whole_menu(real: Ranker) -> None:
    """Those of the items and of the names beside them make one together: stars go by them."""
    ranking = ranked(real, REQUEST)
    beside = [name.probability for name in ranking.unlisted]
    assert sum(beside) > 0.1
    assert sum(beside) + sum(ranking.probability) == pytest.approx(1, abs=1e-3)


def test_names_begin_as_typed(real: Ranker) -> None:
    """Letters typed leave the names that begin so, in whatever case; one that is typed in full is none."""
    typed = {
        letters: [beside.name for beside in ranked(real, REQUEST + letters).unlisted]
        for letters in ("t", "T", "te", "tenant", "x")
    }
    assert typed == {"t": ["tenant"], "T": ["tenant"], "te": ["tenant"], "tenant": [], "x": []}


@pytest.mark.parametrize(
    "source",
    [
        REQUEST.removesuffix("request."),
        REQUEST.removesuffix("request.") + "other.",
        REQUEST.removesuffix("return request.") + "# request.",
    ],
)
def test_none_where_nothing_speaks_for_them(real: Ranker, source: str) -> None:
    """Lists of names, of another receiver and in comments are left as they are."""
    assert [*ranked(real, source).unlisted] == []


def test_dunders_are_never_among_them(real: Ranker) -> None:
    """What Python itself calls is not offered beside a list, however often it was used."""
    source = REQUEST.replace("tenant", "__dict__").replace("user", "__dict__")
    assert [*ranked(real, source).unlisted] == []


BASE = """
from remote import Base


class Job(Base):
    def start(self):
        super().begin()

    def NAME(self):
        super()."""
OBJECT = ["__class__", "__doc__", "__format__", "__init__", "__new__", "__repr__", "__str__"]


@pytest.mark.parametrize("name", ["setUp", "__enter__"])
def test_what_a_method_overrides_stands_first_where_the_base_is_not_known(
    real: Ranker, name: str
) -> None:
    """Before what every object has; a server that knows the base is not contradicted so loudly."""
    source = BASE.replace("NAME", name)
    first = ranked(real, source, OBJECT).unlisted[0]
    assert (first.at, first.name) == (0, name) and first.probability > 0.9
    known = ranked(real, source, [*OBJECT, "begin", "finish"])
    assert not any(beside.name == name and beside.at == 0 for beside in known.unlisted)


def test_what_a_method_overrides_is_first_where_it_is_listed(real: Ranker) -> None:
    """A constructor calls its base's constructor, which every object has."""
    ranking = ranked(real, BASE.replace("NAME", "__init__"), OBJECT)
    assert OBJECT[ranking.order[0]] == "__init__"
    assert "__init__" not in {beside.name for beside in ranking.unlisted}


def test_a_few_at_most(real: Ranker) -> None:
    """However many are used alike, the list stays a list of what the server knows."""
    uses = "".join(f"    log(request.name_{index})\n" for index in range(30))
    source = REQUEST.replace("    return request.tenant\n", uses)
    assert 0 < len(ranked(real, source).unlisted) <= SHOWN


def test_what_is_worked_out_once_for_a_place_changes_no_score(real: Ranker) -> None:
    """The scores of members are those of the features of the names behind the list."""
    session = Session(real, REQUEST.encode())
    predicted = session.prepare(len(REQUEST))
    place, remembered = session._place(), session._remembered(session._place())
    names = [*spoken_for(place, session.usage, remembered)]
    spoken = real.spoken(predicted, place, session.usage, remembered)
    assert isinstance(spoken, Spoken)
    assert real.mix is not None
    listed = [*LISTED, *(f"part_{index}" for index in range(40))]
    lacking = [at for at, name in enumerate(names) if name not in listed]
    shown = [*listed, *(names[at] for at in lacking)]
    kinds = [FIELD] * len(listed) + [0] * len(lacking)
    whole = WordList.named(shown, shown, kinds)
    table, logits = real.rows(whole, predicted, place, session.usage, remembered)
    wanted = real.mix.scores(table)[len(listed) :]
    alone = WordList.named(listed, listed, kinds[: len(listed)])
    less = wanted - spoken._scored(alone, logits[: len(listed)], lacking)
    assert np.ptp(less) < 0.1  # all behind the list are taken to stand at one place
    assert less.mean() == pytest.approx(2.3, abs=0.1)


def test_what_was_used_here_is_shown_whatever_it_is_worth(real: Ranker) -> None:
    """A name that this receiver was used with is there to be typed on; others have to be likely."""
    source = REQUEST.replace("request.user", "forms.user").removesuffix("return request.")
    labels = ["tenants", "tenancy", *LISTED]
    ranking = ranked(real, source + "tenants = request.", labels)
    assert [name.name for name in ranking.unlisted] == ["tenant"]
    assert ranking.unlisted[0].probability < LEAST


CALLS = """
from client import fetch


def load(url, session):
    first = fetch(url, timeout=5, retries=2)
    other = fetch(url, timeout=9)
    return fetch(url, """
SCOPE = ["first", "other", "session", "url", "print"]


def test_keyword_arguments_of_earlier_calls_stand_among_names(real: Ranker) -> None:
    """What calls of this function were given stands there where the server lists no such argument."""
    ranking = ranked(real, CALLS, SCOPE)
    assert [name.name for name in ranking.unlisted] == ["timeout="]
    assert [*ranked(real, CALLS, [*SCOPE, "timeout="]).unlisted] == []


@pytest.mark.parametrize(
    ("rest", "names"),
    [
        ("timeout=3, ", ["retries="]),
        ("ti", ["timeout="]),
        ("Re", ["retries="]),
        ("timeout=", []),
        ("x + ", []),
        ("[", []),
        ("x", []),
    ],
)
def test_arguments_only_where_one_begins(real: Ranker, rest: str, names: list[str]) -> None:
    """Not one that is given, none in values, operands and lists; what is typed begins them."""
    assert [name.name for name in ranked(real, CALLS + rest, SCOPE).unlisted] == names


def test_which_arguments_are_considered(real: Ranker) -> None:
    """Those of calls of this function that are not given yet; which of them stood as this one would is told."""

    def considered(rest: str) -> dict[str, bool]:
        session = Session(real, (CALLS + rest).encode())
        session.prepare(len(CALLS + rest))
        place = session._place()
        return arguments_for(place, session.usage, session._remembered(place))

    assert considered("") == {"timeout=": True, "retries=": False}
    assert considered("timeout=3, ") == {"retries=": True}
    assert considered("retries=3, ") == {"timeout=": False}
    assert considered("timeout=") == considered("x, [") == {}
    many = "".join(f"option_{index}=1, " for index in range(40))
    assert len(considered(f"{many})\n    fetch(url, ")) == MOST


def test_arguments_of_another_function_are_none_of_this_one(real: Ranker) -> None:
    """Calls of another function say nothing of this one's arguments."""
    source = CALLS.removesuffix("fetch(url, ") + "send(url, "
    assert [*ranked(real, source, SCOPE).unlisted] == []


def test_another_receiver_of_that_name_is_not_this_one(real: Ranker) -> None:
    """What was used on a name that came from elsewhere then is not shown whatever it is worth."""
    used = "    part = split(text)\n    log(part.tenant, part.tenant)\n"
    other = "\n\ndef count(text):\n    part = measure(text)\n    part."
    labels = [f"{letter}_total" for letter in "abcdefgh"]
    source = "from text import measure, split\n\n\ndef read(text):\n" + used + other
    assert [*ranked(real, source, labels).unlisted] == []
    same = [name.name for name in ranked(real, source.replace("measure", "split"), labels).unlisted]
    assert same == ["tenant"]


def test_typed_letters_leave_little_beside_it(real: Ranker) -> None:
    """What a name is worth is told among what begins as typed, of members and of arguments."""
    (beside,) = ranked(real, REQUEST + "t").unlisted
    assert beside.probability > 0.9
    many = [*SCOPE, *(f"name_{index}" for index in range(60)), "title"]
    (beside,) = ranked(real, CALLS + "ti", many).unlisted
    assert (beside.name, beside.at) in (("timeout=", 0), ("timeout=", 1))
    (alone,) = ranked(real, CALLS + "tim", many).unlisted
    assert alone.probability > 0.9 >= beside.probability - 0.1


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[BufferMemory]:
    """The memory of a project that uses `ledger` and calls `fetch` in another file."""
    other = b"import ledger\nfrom client import fetch\n" + b"fetch(ledger.balance, timeout=5)\n" * 9
    with closing(ProjectStore(tmp_path / "project.db")) as store:
        store.update([noted("other.py", (1, 1), other + b"ledger.audit()\n")])
        yield BufferMemory(Project(store, "main.py"))


def test_other_files_know_names_as_well(real: Ranker, elsewhere: BufferMemory) -> None:
    """Members and arguments of the project's other files stand there where they are likely, others do not."""
    for source, labels, wanted in (
        ("import ledger\nfetch(ledger.", LISTED, ["balance"]),
        ("from client import fetch\nfetch(", SCOPE, ["timeout="]),
    ):
        session = Session(real, source.encode(), elsewhere)
        ranking = session.rank(len(source), labels, [FIELD] * len(labels))
        assert [name.name for name in ranking.unlisted] == wanted


def test_scores_of_arguments_are_those_of_the_first_in_the_list(real: Ranker) -> None:
    """The scores of arguments are those of their features before the list, where servers put them."""
    session = Session(real, (CALLS + "t").encode())
    predicted = session.prepare(len(CALLS) + 1)
    place, remembered = session._place(), session._remembered(session._place())
    spoken = real.spoken(predicted, place, session.usage, remembered)
    assert isinstance(spoken, Spoken) and real.mix_words is not None
    scope = sorted([*SCOPE, "tally", "total"])
    names = ["timeout=", *scope]
    whole = WordList.named(names, [name.rstrip("=") for name in names], [6] * len(names), "t")
    table, logits = real.rows(whole, predicted, place, session.usage, remembered)
    wanted = real.mix_words.scores(table)[0]
    rest = WordList.named(scope, scope, [6] * len(scope), "t")
    (score,) = spoken._scored(rest, logits[1:], [spoken._names.index("timeout=")])
    assert wanted - score == pytest.approx(2.3, abs=0.35)


def test_an_edit_above_is_seen(real: Ranker) -> None:
    """What was worked out for a place does not outlive the text it was worked out of."""
    session = Session(real, REQUEST.encode())
    kinds = [FIELD] * len(LISTED)
    assert session.rank(len(REQUEST), LISTED, kinds).unlisted
    at = REQUEST.rindex("request.")
    session.edit(at, len("request"), b"forms.q")
    ranking = session.rank(len(REQUEST), LISTED, kinds)
    assert [*ranking.unlisted] == []
