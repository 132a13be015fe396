"""What the menus stage can be told, and what it tells the servers.

In: a command line.  Out: its options; the settings and the environment that a language server starts with.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn import executors
from sibyl.learn.asked import number, whole
from sibyl.learn.menus.places import KINDS


def own_server() -> str:
    """Return the command of the language server that is installed with sibyl."""
    return shlex.join([str(Path(sys.executable).parent / "ty"), "server"])


def parser(summary: str) -> argparse.ArgumentParser:
    """Describe the stage's arguments; `summary` is what the stage does."""
    arguments = argparse.ArgumentParser("python -m sibyl.learn menus", description=summary)
    which = arguments.add_mutually_exclusive_group(required=True)
    which.add_argument("--list", type=Path, help="repositories, taken in this order")
    which.add_argument(
        "--corpus",
        type=Path,
        help="folder of a corpus instead: only files of its --split are asked",
    )
    which.add_argument("--so-far", action="store_true",
                       help="ask nothing, pack what a run that still goes on has in --out")  # fmt: skip
    arguments.add_argument(
        "--split", default="val", help="which split of the corpus: val, dev, train (val)"
    )
    arguments.add_argument("--dev", type=whole(0), default=None, metavar="N",
                      help="training repositories that are held back (as streams)")  # fmt: skip
    arguments.add_argument("--sources", type=Path, help="folder of the repositories")
    arguments.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl.gz")
    arguments.add_argument(
        "--server",
        default=own_server(),
        help="the language server's command (the ty of sibyl's own)",
    )
    arguments.add_argument("--settings", default="", help="the server's settings, as JSON")
    arguments.add_argument(
        "--python", default=sys.executable, help="interpreter with the libraries"
    )
    arguments.add_argument(
        "--python-of",
        type=_named,
        action="append",
        default=[],
        metavar="REPOSITORY=PYTHON",
        help="another interpreter for one repository",
    )
    arguments.add_argument("--kinds", type=_numbers, default={"member": None}, metavar="KIND[=N],…",
                      help=f"what is asked about, and at how many places: {', '.join(KINDS)}")  # fmt: skip
    arguments.add_argument("--letters", type=_letters, default=[0], metavar="N,…",
                      help="letters typed when a list is asked for (members: none)")  # fmt: skip
    arguments.add_argument("--lacking", action="store_true",
                      help="keep the lists that lack what was written, too")  # fmt: skip
    arguments.add_argument("--braces", action="store_true",
                      help="ask in the braces of f-strings alone, what is open on the line closed")  # fmt: skip
    arguments.add_argument(
        "--sites", type=whole(1), default=70, help="sites of a kind in each repository"
    )
    arguments.add_argument("--per-file", type=whole(1), default=6, help="most sites in one file")
    arguments.add_argument("--auto-imports", action=argparse.BooleanOptionalAction, default=True,
                      help="offer names that are not imported yet, as servers do by default")  # fmt: skip
    arguments.add_argument(
        "--limit-repos", type=whole(1), default=None, help="stop after this many"
    )
    arguments.add_argument(
        "--max-tokens", type=whole(0), default=None, help="skip repositories above this"
    )
    arguments.add_argument(
        "--minutes", type=number(above=True), default=None, help="then keep what is there"
    )
    arguments.add_argument(
        "--patience", type=number(above=True), default=30.0, help="seconds an answer may take"
    )
    arguments.add_argument("--seed", type=int, default=1)
    executors.add_options(arguments, jobs=1)
    return arguments


def _numbers(text: str) -> dict[str, int | None]:
    """Read `name=60,keyword`: how many sites of each kind, None where it is not said."""
    numbers: dict[str, int | None] = {}
    for part in text.split(","):
        kind, equals, number = part.partition("=")
        if kind not in KINDS or (equals and not number.isdecimal()):
            raise argparse.ArgumentTypeError(
                f"{part!r} is not KIND or KIND=N of {', '.join(KINDS)}"
            )
        numbers[kind] = int(number) if equals else None
    return numbers


def _named(text: str) -> str:
    """Accept `owner/name=/path/to/python`."""
    name, equals, python = text.partition("=")
    if not (name and equals and python):
        raise argparse.ArgumentTypeError(f"{text!r} is not REPOSITORY=PYTHON")
    return text


def _letters(text: str) -> list[int]:
    """Read `0,1`."""
    parts = text.split(",")
    if not all(part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers")
    return sorted({int(part) for part in parts})


def default_settings(python: str, auto_imports: bool = True) -> dict:
    """Return settings that name the interpreter to each server, and make pyright and its kin answer soon.

    Those do without indexing and diagnostics.
    """
    analysis = {
        "diagnosticMode": "openFilesOnly", "typeCheckingMode": "off", "indexing": False,
        "autoImportCompletions": auto_imports, "useLibraryCodeForTypes": True,
        "autoSearchPaths": True,
    }  # fmt: skip
    both = {"analysis": analysis, "pythonPath": python}
    ty = {
        "configuration": {"environment": {"python": python}},
        "completions": {"autoImport": auto_imports},
        "diagnosticMode": "off",
    }
    return {
        "python": both, "basedpyright": both, "pyright": both, "ty": ty,
        "pylsp": {"plugins": {"jedi": {"environment": python}}},
        "initialization": {"workspace": {"environmentPath": python}},  # jedi-language-server
    }  # fmt: skip


def python_of(options: argparse.Namespace, repository: str) -> str:
    """Return the interpreter whose libraries the server is to know in a repository."""
    own = dict(given.split("=", 1) for given in options.python_of)
    return str(own.get(repository, options.python))


def settings_of(options: argparse.Namespace, python: str) -> dict:
    """Return the settings given, or ours; raises LearnError when they are not JSON."""
    try:
        given = json.loads(options.settings) if options.settings else None
    except ValueError as error:
        raise LearnError(f"--settings is not JSON: {error}.") from error
    if given is None:
        return default_settings(python, options.auto_imports)
    if not isinstance(given, dict):
        raise LearnError("--settings is not a JSON object: sections by name, in braces.")
    return given


def environment_of(python: str) -> dict[str, str]:
    """Return what tells a server that asks its surroundings which virtual environment to read."""
    place = Path(python).absolute().parent.parent
    return {"VIRTUAL_ENV": str(place)} if (place / "pyvenv.cfg").is_file() else {}
