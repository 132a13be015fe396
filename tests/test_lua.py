"""Lua's modules, read as text: what one uses of another is there, and all that is public says its types.

In:   lua/ of this checkout; no Neovim.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_order import ROOT, name

MODULES = sorted((ROOT / "lua").rglob("*.lua"))
REQUIRED = re.compile(r"^local (\w+) = require\('(sibyl[\w.]*)'\)$", re.MULTILINE)
DIRECT = re.compile(r"require\('(sibyl[\w.]*)'\)\.(\w+)")
SET = re.compile(r"^(?:function )?M\.\w+(?:, M\.\w+)*(?= = |\()", re.MULTILINE)
PUBLIC = re.compile(r"((?:^---.*\n)*)^function M\.(\w+)\((.*)\)\n((?:.*\n)*?)^end$", re.MULTILINE)


def file_of(module: str) -> Path:
    """The file of a module."""
    place = ROOT / "lua" / module.replace(".", "/")
    return place.with_suffix(".lua") if module != "sibyl" else place / "init.lua"


def fields_of(module: str) -> set[str]:
    """The fields that a module has."""
    text = file_of(module).read_text(encoding="utf-8")
    return {field for match in SET.finditer(text) for field in re.findall(r"M\.(\w+)", match[0])}


def used(text: str) -> set[tuple[str, str]]:
    """Modules and fields of them that a file uses."""
    text = re.sub(r"--.*", "", text)
    pairs = set(DIRECT.findall(text))
    for variable, module in REQUIRED.findall(text):
        pairs |= {(module, field) for field in re.findall(rf"(?<![\w.']){variable}\.(\w+)", text)}
    return pairs


def own_returns(body: str) -> bool:
    """Whether a function returns a value: a `return` of a function inside it is not its own; of a call, it may
    return nothing.
    """
    inside: list[int] = []
    for line in body.splitlines():
        indent = len(line) - len(line.lstrip())
        if inside and re.match(r"end\b", line.lstrip()) and indent == inside[-1]:
            inside.pop()
        elif re.search(r"\bfunction\b[^()]*\([^()]*\)$", line):
            inside.append(indent)
        if not inside and re.match(r"\s*return (?!--|[\w.:]+\(.*\)$)", line):
            return True
    return False


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_what_a_module_uses_of_another_is_there(path: Path) -> None:
    """A field that was renamed or moved is missed here, not first on a person's screen."""
    pairs = used(path.read_text(encoding="utf-8"))
    assert [] == sorted(pair for pair in pairs if pair[1] not in fields_of(pair[0]))


def test_what_the_rest_uses_of_lua_is_there() -> None:
    """The same of Lua in tests, benchmarks, scripts, Vim files and documents."""
    missing = []
    for folder in (
        "tests",
        "bench",
        "scripts",
        "plugin",
        "autoload",
        "rplugin",
        "doc",
        "README.md",
    ):
        place = ROOT / folder
        for path in sorted(place.rglob("*.*")) if place.is_dir() else [place]:
            if path.suffix in (".py", ".lua", ".vim", ".txt", ".md") and path.name != "test_lua.py":
                for module, field in DIRECT.findall(path.read_text(encoding="utf-8")):
                    if field not in fields_of(module):
                        missing.append((path.name, module, field))
    assert missing == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_public_functions_say_their_types(path: Path) -> None:
    """Each function of a module names the types of its arguments and of what it returns, for LuaCATS."""
    lacking = []
    for comment, function, arguments, body in PUBLIC.findall(path.read_text(encoding="utf-8")):
        typed = set(re.findall(r"^---@param (\w+|\.\.\.)\??", comment, re.MULTILINE))
        untyped = {
            argument for argument in re.findall(r"\w+|\.\.\.", arguments) if argument[0] != "_"
        } - typed
        lacking += [f"{function}: {argument}" for argument in sorted(untyped)]
        if own_returns(body) and "---@return " not in comment:
            lacking.append(f"{function}: what it returns")
        if not re.search(r"^---(?!@)", comment, re.MULTILINE):
            lacking.append(f"{function}: what it is for")
    assert lacking == []


def test_the_reading_of_lua_sees_what_it_should() -> None:
    """The patterns above find functions, fields and returns in a small module."""
    text = (
        "M.a, M.b = 1, 2\n--- Does.\n---@param x integer\nfunction M.c(x, ...)\n  return x\nend\n"
    )
    assert [match[0] for match in SET.finditer(text)] == ["M.a, M.b", "function M.c"]
    assert [(match[2], match[3]) for match in PUBLIC.finditer(text)] == [("c", "x, ...")]
    assert own_returns("  if x then\n    return x\n  end\n")
    assert not own_returns("  on(function(x)\n    return x\n  end)\n  return\n")
    assert used("local a = require('sibyl.b')\na.c(b.d, 'a.e')\nrequire('sibyl.f').g()\n") == {
        ("sibyl.b", "c"), ("sibyl.f", "g"),
    }  # fmt: skip
