"""No pattern in the product costs more than linear time, whatever text it meets.

In:   every pattern that stands in the sources, Python's and Lua's.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from child import ROOT
from isolation import isolated

try:
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # before Python 3.11
    import sre_parse as parser

LENGTH = 30_000
# A quadratic pattern takes seconds at this length, a linear one less than a millisecond.
LIMIT_S = 0.3
CALLS = {"compile", "match", "search", "sub", "split", "findall", "finditer", "fullmatch", "subn"}
RUNS = [
    "a",
    "_",
    "A",
    "0",
    "\xff",
    " ",
    "\n",
    ".",
    "/",
    "#",
    "-",
    "(",
    "=",
    "a ",
    "a/",
    "\n ",
    "Aa",
]
# Runs alone, cut short by what fits nothing, and behind what may begin a match.
HOSTILE = [
    before + run * (LENGTH // len(run)) + after
    for run in RUNS
    for before in ("", "!", "# ", "migrations/", "__")
    for after in ("", "!", "\n!")
]


FLAGS = {"IGNORECASE": re.I, "MULTILINE": re.M, "DOTALL": re.S, "ASCII": re.A, "VERBOSE": re.X}


def beginning(pattern: re.Pattern) -> str:
    """Return the characters that every match begins with."""
    begin = ""
    for code, value in parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE):
        if code is parser.LITERAL:
            begin += chr(value)
        elif code is not parser.AT:
            break
    return begin


def python_patterns() -> dict[str, tuple[re.Pattern, str]]:
    """Every pattern given to ``re`` in the engine and how it is used, by where it stands."""
    patterns = {}
    for path in sorted([*ROOT.glob("engine/**/*.py"), *ROOT.glob("rplugin/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if (
                not of_re
                or node.func.attr not in CALLS
                or not isinstance(node.args[0], ast.Constant)
            ):
                continue
            flags = sum(FLAGS[name] for name in FLAGS if f"attr='{name}'" in ast.dump(node))
            pattern = re.compile(node.args[0].value, flags)
            anchored = node.func.attr in ("match", "fullmatch")
            patterns[f"{path.stem}:{node.lineno}"] = pattern, node.func.attr if anchored else "subn"
    return patterns


PATTERNS = python_patterns()


def test_the_patterns_are_found() -> None:
    """The search for patterns finds those of the modules that read what others wrote."""
    assert {"filters", "vocab", "labels"} <= {name.split(":")[0] for name in PATTERNS}


@pytest.mark.parametrize(("pattern", "use"), PATTERNS.values(), ids=PATTERNS.keys())
def test_python_patterns_are_linear(pattern: re.Pattern, use: str) -> None:
    """A Python pattern reads hostile text in time that grows with its length, not with its square."""
    bytes_wanted = isinstance(pattern.pattern, bytes)
    begin = beginning(pattern)
    behind = [begin + run * (LENGTH // len(run)) for run in RUNS if begin]
    for text in HOSTILE + behind:
        began = time.process_time()
        given = text.encode("latin-1") if bytes_wanted else text
        if use == "subn":
            pattern.subn(given[:0], given)
        else:
            getattr(pattern, use)(given)
        took = time.process_time() - began
        assert took < LIMIT_S, (
            f"{pattern.pattern!r} took {took:.1f} s on {text[:12]!r}…{text[-2:]!r}"
        )


LUA = r"""
local sources, texts, limit = unpack(vim.json.decode(io.read('*a')))
local slow, count = {}, 0
local function try(where, pattern)
  count = count + 1
  for _, text in ipairs(texts) do
    local began = os.clock()
    local _ = text:gsub(pattern, '%0')
    local took = os.clock() - began
    if took > limit then
      table.insert(slow, ('%s: %s took %.1f s'):format(where, pattern, took))
      break
    end
  end
end
for where, source in pairs(sources) do
  for literal in source:gmatch("[%(=] *('%^?[^'\n]*%%?[^'\n]*')") do
    local ok, pattern = pcall(loadstring('return ' .. literal))
    if ok and pattern:find('[%*%+%-%$]') and pcall(string.find, 'x', pattern) then
      try(where, pattern)
    end
  end
end
io.write(vim.json.encode({ count = count, slow = slow }))
"""


def test_lua_patterns_are_linear(nvim_binary: Path, tmp_path: Path) -> None:
    """A Lua pattern, too: 'a word at the end' is found from the end, not tried at each byte."""
    (tmp_path / "patterns.lua").write_text(LUA)
    sources = {path.name: path.read_text() for path in ROOT.glob("lua/sibyl/**/*.lua")}
    texts = [text.replace("\xff", "y") for text in HOSTILE]
    done = subprocess.run(
        [nvim_binary, "-l", str(tmp_path / "patterns.lua")],
        input=json.dumps([sources, texts, LIMIT_S / 3]),
        env=isolated(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    outcome = json.loads(done.stdout or done.stderr)
    assert outcome["slow"] == []
    assert outcome["count"] > 5
