"""What the code below an import waits for: which names, and where they come in a list.

In:   short sources with the cursor at `|`, the shipped model.
"""

from __future__ import annotations

import sysconfig
import time
from pathlib import Path

import pytest

from sibyl.code.text import Text
from sibyl.code.unbound import Below
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

BELOW = """

def main(argv, *rest, size=1, **more):
    at = PurePath(argv[1]) / rest[0]
    data = json.loads(at.read_text(), parse_int=more)
    for row, (key, value) in enumerate(data):
        print(row, key, value, size)
    with open(at) as file, lock: pass
    return [Counter(part) for part in data if (n := len(part))]
"""
WAITED = {"PurePath", "json", "lock", "Counter"}
MODULES = ["abc", "json", "os", "sys"]
PATHS = ["Path", "PosixPath", "PurePath", "PurePosixPath"]


def unbound(source: str) -> set[str]:
    """What is waited for at the cursor."""
    above, _, below = source.partition("|")
    at = len(above.encode())
    text = Text((above + below).encode())
    return set(Below().unbound(text, text.word_start(at), at))


def first(ranker: Ranker, source: str, labels: list[str]) -> tuple[str, float]:
    """The first item at the cursor, and its probability."""
    above, below = source.split("|")
    session = Session(ranker, (above + below).encode())
    ranking = session.rank(len(above.encode()), labels, [7] * len(labels))
    return labels[ranking.order[0]], ranking.probability[0]


@pytest.mark.parametrize(
    "line",
    [
        "from pathlib import |",
        "from pathlib import Pure|",
        "from pathlib import Path, |",
        "from pathlib import (|)",
        "from pathlib import (\n    Path,\n    P|,\n)",
        "from pathlib import (  # import nothing else\n    |\n)",
        "import |",
        "import re, |",
        "if True:\n    from pathlib import |",
    ],
)
def test_names_used_below_and_bound_nowhere_are_waited_for(line: str) -> None:
    """Parameters, targets, aliases and builtins are bound; members and keywords of calls are no names."""
    assert unbound(line + BELOW) == WAITED


def test_what_the_same_statement_goes_on_to_import_is_bound() -> None:
    """Of `(|, Counter)` the second is there already, as is what other imports below bind."""
    assert unbound("from a import (|, Counter)" + BELOW) == WAITED - {"Counter"}
    assert unbound("from a import |, Counter as lock" + BELOW) == WAITED - {"lock"}
    rest = "\nimport json.tool\nfrom b import PurePath\nimport c as lock\n"
    assert unbound("from a import |" + rest + BELOW) == {"Counter"}
    assert unbound("from a import |\nfrom PurePath import x\nfrom .lock import y" + BELOW) == WAITED


BOUND = """
def f[T: Base, *Q](x: T) -> T: return Q
class C[U]: y: U
type Alias[V] = list[V]
with a() as (left, [right]), b() as c: print(left, right, c)
match r:
    case Ok(value, part=whole) as found: print(value, whole, found)
    case [one, *rest] | {"k": two, **more}: print(one, rest, two, more)
    case Color.RED | (p, q): print(p, q)
    case alone: print(alone)
try: pass
except E as error: print(error)
def g():
    global kept
    nonlocal held
"""


def test_every_way_to_bind_a_name_is_known() -> None:
    """Type parameters, targets in brackets, patterns, exceptions; classes in patterns are used."""
    waited = {"a", "b", "r", "Ok", "Color", "E"}  # Base, which bounds a type, is taken for bound
    assert unbound("from result import |" + BOUND) == waited
    assert unbound("from a import |\ndef f(x: list[T]) -> list[U]: pass") == {"T", "U"}


def test_what_only_a_failed_import_binds_is_waited_for() -> None:
    """The import that fails is the one that is typed: its fallback below is no reason to leave it."""
    for fallback in ("from b import Foo", "Foo = None"):
        source = f"try:\n    from a import |\nexcept ImportError:\n    {fallback}\nFoo()\n"
        assert unbound(source) == {"Foo"}


def test_an_import_in_a_block_ends_with_it() -> None:
    """What is defined below, less indented, is bound as it is by the whole file."""
    source = """\
def h(x):
    if x:
        from numpy import |
        y = array(1)
    else:
        y = 2
    return y

class Later: pass
def load(path):
\treturn path, Later, missing
"""
    assert unbound(source) == {"array", "missing"}
    assert unbound(source.replace("        from", "\t\tfrom").replace("    if", "\tif")) >= {
        "array"
    }


def test_brackets_are_those_of_the_import() -> None:
    """A comment in them says nothing, and one that is not closed yet takes in no statement below."""
    listed = "from a import (\n    # import these\n    |,\n    Other,  # and (that)\n)\nOther(1)\nThis()\n"
    assert unbound(listed) == {"This"}
    assert unbound("from a import (|\n\nfoo = 1\nbar = Foo()\n") == {"Foo"}
    assert unbound("from a import (|\n\nclass Foo(Base): pass\nFoo()\n") == {"Base"}
    assert unbound("from gettext import |\nprint(_('a'))\n") == {"_"}


NESTED = [b"(", b"[", b"a.b(c)", b"-", b"f(", b"if x:\n ", b"{1: ", b"#\n", b"\\\n", b" # a = 1\n"]


@pytest.mark.parametrize("nested", NESTED)
def test_nested_code_takes_no_longer_than_flat_code(nested: bytes) -> None:
    """Whatever stands below, an import waits for it a moment at most; the time grows with the length alone."""
    text = Text(b"from a import \nx = " + nested * (200_000 // len(nested)))
    began = time.process_time()
    Below().unbound(text, 14, 14)
    assert time.process_time() - began < 1


def test_names_of_other_scripts_and_broken_code_are_read() -> None:
    """A name may have any letters; what cannot be parsed hides no more than itself."""
    assert unbound("from a import |\nprint(größe)\n") == {"größe"}
    assert unbound("from a import |\n)))\nclass A(Base):\n  x = [1,\n") >= {"Base"}
    assert unbound("|" + BELOW) == set()


def test_long_files_are_looked_at_once() -> None:
    """Typing in a word changes nothing below it: the names are those of before, and not read again."""
    library = Path(sysconfig.get_path("stdlib"))
    text = Text(b"from a import \n" + (library / "subprocess.py").read_bytes())
    below = Below()
    names = below.unbound(text, 14, 14)
    text.apply(14, 0, b"P")
    assert below.unbound(text, 14, 15) is names
    text.apply(text.data.index(b"\n") + 1, 0, b"Waited()\n")
    assert below.unbound(text, 14, 15) == names | {"Waited"}
    assert "Popen" not in names  # a class far below, behind what is looked at closely
    text.apply(len(text), 0, b"\ndef Waited(): pass\n")
    assert below.unbound(text, 14, 15) == names


def test_what_is_waited_for_comes_first(real: Ranker) -> None:
    """An import that is added to code which uses it: its name is first, and sure enough to be starred."""
    assert first(real, "from pathlib import |", PATHS)[0] == "Path"
    for line in ("from pathlib import |", "from pathlib import (\n    Path,\n    |\n)"):
        name, share = first(real, line + BELOW, PATHS)
        assert name == "PurePath" and share > 0.8
    for line in ("import |", "import re, |"):
        assert first(real, line + BELOW, MODULES)[0] == "json"


def test_only_names_that_the_import_would_bind_move(real: Ranker) -> None:
    """`from json import` binds no `json`, and what is bound above is not imported again."""
    for source in ("from |", "import os.|", "x = |", "import os\nf(x, |)", "import os\nx = [y, |]"):
        assert first(real, source + BELOW, MODULES) == first(real, source, MODULES)
    above = "from pathlib import PurePath\nfrom pathlib import |"
    assert first(real, above + BELOW, PATHS) == first(real, above, PATHS)


def test_a_name_is_not_imported_twice(real: Ranker) -> None:
    """At the left margin, a name that this module has given already comes last and wears no star."""
    labels = ["ChainMap", "Counter", "OrderedDict", "defaultdict", "deque"]
    above = b"import os\nfrom collections import defaultdict\n\n\ndef run():\n    return defaultdict(int)\n\n\n"

    def ordered(source: bytes) -> list[str]:
        ranking = Session(real, source).rank(len(source), labels, [7] * len(labels))
        return [labels[at] for at in ranking.order]

    def likely(source: bytes) -> float:
        ranking = Session(real, source).rank(len(source), labels, [7] * len(labels))
        return ranking.probability[ranking.order.index(labels.index("defaultdict"))]

    assert ordered(above + b"from collections import ")[-1] == "defaultdict"
    brackets = ordered(above + b"from collections import (\n    deque,\n    ")
    assert {*brackets[-2:]} == {"defaultdict", "deque"}
    # What may not run, or binds in a function, may be imported again.
    for line in (b"try:\n    from collections import ", b"def go():\n    from collections import "):
        assert ordered(above + line)[-1] != "defaultdict"
    # What a function has imported for itself is not bound here.
    inside = (
        b"def run():\n    from collections import defaultdict\n    return defaultdict(int)\n\n\n"
    )
    assert ordered(inside + b"from collections import ")[-1] != "defaultdict"
    # The same name of another module is another thing.
    assert likely(above + b"from typing import ") > 30 * likely(above + b"from collections import ")
