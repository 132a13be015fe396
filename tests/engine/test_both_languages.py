"""What Lua and Python both have to know is the same in both: names of files, lists, numbers.

In:   the sources of the front, and the engine's own constants.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from test_order import ROOT

from sibyl.experiment.log import ARMS, KINDS, Outcome
from sibyl.host import protocol, worker
from sibyl.host.experiment import _NUMBERS, Experiment
from sibyl.memory.manager import Manager
from sibyl.memory.sqlite import siblings
from sibyl.ranking.explain import groups_of
from sibyl.ranking.features import member_columns, word_columns
from sibyl.ranking.lists import labels, listing


def source(name: str) -> str:
    """The text of a file of the front."""
    return (ROOT / "lua/sibyl" / name).read_text(encoding="utf-8")


def braces(name: str, variable: str) -> str:
    """What stands in the table that a file gives to a variable."""
    table = re.search(rf"\b{variable} = \{{(.*?)\n?\}}\n", source(name), re.DOTALL)
    assert table, (name, variable)
    return table[1]


def strings(text: str) -> list[str]:
    """All strings of a piece of Lua."""
    return [single or double for single, double in re.findall(r"'([^']*)'|\"([^\"]*)\"", text)]


def numbers(name: str, variables: str) -> list[int]:
    """The whole numbers that a file gives to some variables, in one statement."""
    values = re.search(rf"^local {variables} = ([\d, ]+)", source(name), re.MULTILINE)
    assert values, (name, variables)
    return [int(value) for value in values[1].split(",")]


def test_files_of_the_memory_have_one_name(tmp_path: Path) -> None:
    """`:Sibyl forget` deletes the files that the host writes, by the names that the host gives them."""
    manager = Manager(tmp_path, {}, lambda *_: None)
    place = manager.place("/app")
    folder, digest = place.relative_to(tmp_path).parts
    assert strings(re.findall(r"M\.FOLDER = .*", source("buffer/project.lua"))[0]) == [folder]
    assert re.search(
        r"sha256\(root\):sub\(1, 16\) \.\. '\.sqlite'", source("buffer/project.lua")
    ) and re.fullmatch(r"[0-9a-f]{16}\.sqlite", digest)
    files = dict(re.findall(r"(\w+) = '([^']+)'", source("forget.lua").split("local FILES")[1]))
    experiment = Experiment(tmp_path)._path
    assert experiment and files == {"person": manager._person.name, "experiment": experiment.name}
    more = strings(re.findall(r"in ipairs\(\{(.*'-wal'.*)\}\)", source("forget.lua"))[0])
    assert [f"person.sqlite{ending}" for ending in more] == [
        path.name for path in siblings(manager._person)
    ]


def test_what_is_kept_of_a_word_has_one_list() -> None:
    """What Lua sends of a word in an experiment is what the experiment's file has columns for."""
    sent = strings(source("experiment.lua").split("local NUMBERS = ")[1].split("\n")[0])
    assert sent == list(_NUMBERS)
    assert {"arm", "kind", *sent} == {field.name for field in dataclasses.fields(Outcome)} - {
        "day",
        "project",
    }
    kinds = strings(re.findall(r"---@alias sibyl\.Kind (.*)", source("completion/kind.lua"))[0])
    arms = strings(re.findall(r"---@field arm (.*)", source("completion/accepted.lua"))[0])
    assert (sorted(kinds), sorted(arms)) == (sorted(KINDS), sorted(ARMS))


def test_marks_on_kinds_are_the_same_numbers() -> None:
    """An import that would be added, and a deprecated name, are marked by the numbers the ranker takes off."""
    marks = numbers("completion/items.lua", "ADDS_IMPORT, DEPRECATED")
    assert marks == [listing.IMPORTS, listing.DEPRECATED]


def test_bounds_are_the_same_numbers() -> None:
    """Lua sends no longer list than the ranker has room for, and knows the code by which the worker ends."""
    assert numbers("completion/items.lua", "MOST") == [labels.MOST]
    assert numbers("host/numbered.lua", "MOST") == [labels.MOST]
    assert numbers("host/client.lua", "WORKER_ENDED") == [worker.WORKER_ENDED]
    assert numbers("host/client.lua", "PROTOCOL") == [protocol.VERSION]


def test_each_group_of_reasons_has_its_words() -> None:
    """`:Sibyl explain` has two sentences for each group of features, and none for a group there is not."""
    groups = {*groups_of(member_columns.NAMES), *groups_of(word_columns.NAMES)}
    keys = re.findall(r"\[(?:'([^']+)'|\"([^\"]+)\")\] = ", braces("explain.lua", "WORDS"))
    assert {single or double for single, double in keys} == groups


def test_packages_and_pythons_are_those_that_are_installed() -> None:
    """The front looks for the packages, and takes the versions of Python, that the installer has lists for."""
    run = (ROOT / "requirements/run.txt").read_text(encoding="utf-8")
    direct = re.findall(r"# Direct needs: (.*);", run)[0].split(", ")
    packages = strings(re.findall(r"M\.packages = .*", source("host/interpreter.lua"))[0])
    assert packages == [name.replace("-", "_") for name in direct]
    bounds = re.findall(
        r"local OLDEST, NEWEST = \{ 3, (\d+) \}, \{ 3, (\d+) \}", source("host/interpreter.lua")
    )
    wheels = re.findall(r"^PYTHONS = .*", (ROOT / "scripts/wheels.py").read_text(), re.MULTILINE)[0]
    pythons = [int(minor) for minor in re.findall(r"3\.(\d+)", wheels)]
    assert bounds == [(str(pythons[0]), str(pythons[-1]))]
    assert f"3.{pythons[0]} to 3.{pythons[-1]}" in source("install.lua")


def test_answers_that_lua_waits_for_are_sent() -> None:
    """Each kind of answer that the host gives is known to Lua, and the other way round; reasons, too."""
    sent, reasons = set(), set()
    for path in [
        *(ROOT / "engine/sibyl/host").glob("*.py"),
        ROOT / "rplugin/python3/sibyl_host.py",
    ]:
        text = path.read_text(encoding="utf-8")
        sent |= set(re.findall(r"(?:send|_deliver)\([\w.\[\]]+, \"(\w+)\"", text))
        reasons |= set(re.findall(r"\"reason\": \"([^\"]+)\"", text))
    lua = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "lua").rglob("*.lua"))
    compared = set(re.findall(r"\bkind [=~]= '(\w+)'", lua))
    # `explain` is taken as it comes; `none` is what every other kind is not.
    assert compared == sent - {"explain", "none"}
    assert set(re.findall(r"\.reason == '([^']+)'", lua)) <= reasons | {"host gone"}
