"""Commands, options, health and help say the same, and what they say is true."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkup import health
from child import ROOT, Child
from fake_server import FakeServer, items
from isolation import isolated
from scripted import ScriptedRanker, host_ready

SCHEMA = (
    "local out = {} for name, option in pairs(require('sibyl.options').schema) do"
    " out[name] = option.default == vim.NIL and 'not set' or vim.inspect(option.default) end"
    " return out"
)


def test_help_names_the_options(nvim: Child) -> None:
    """The help documents every option with its default, and no other."""
    text = (ROOT / "doc/sibyl.txt").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^([\w.]+)\s+\(default: (.*)\)$", text, re.MULTILINE))
    schema = {name: default.replace('"', "'") for name, default in nvim.lua(SCHEMA).items()}
    assert documented == schema
    assert all(f"*sibyl-{name}*" in text for name in schema)


def test_readme_names_the_options(nvim: Child) -> None:
    """README's table of options has every option, and no other."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme.split("| option |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"^\| `([\w.]+)`", text, re.MULTILINE)) == set(nvim.lua(SCHEMA))


def test_help_names_the_commands(nvim: Child) -> None:
    """The help documents every command; completion offers the same."""
    text = (ROOT / "doc/sibyl.txt").read_text(encoding="utf-8")
    names = nvim.call("getcompletion", "Sibyl ", "cmdline")
    assert names == sorted(nvim.lua("return vim.tbl_keys(require('sibyl.command').actions)"))
    assert all(f"*:Sibyl-{name}*" in text for name in names)
    assert nvim.call("getcompletion", "Sibyl to", "cmdline") == ["toggle"]
    assert nvim.call("getcompletion", "Sibyl toggle ", "cmdline") == ["buffer"]
    assert nvim.call("getcompletion", "Sibyl status ", "cmdline") == []


def test_help_has_no_broken_links(nvim_binary: Path, tmp_path: Path) -> None:
    """Every link of the help leads somewhere, in the help or in Neovim's own."""
    text = (ROOT / "doc/sibyl.txt").read_text(encoding="utf-8")
    own = set(re.findall(r"\*([^*\s|]+)\*", text))
    links = set(re.findall(r"\|([^|\s]+)\|", text)) - own
    runtime = subprocess.run(
        [str(nvim_binary), "--headless", "-u", "NONE", "+echo $VIMRUNTIME", "+q"],
        env=isolated(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    tags = Path(runtime.stderr.strip() or runtime.stdout.strip()) / "doc/tags"
    known = {line.split("\t")[0] for line in tags.read_text(encoding="utf-8").splitlines()}
    newer = {"vim.lsp.completion.get()", "lsp-autocompletion", "complete_CTRL-Y"}
    assert links - known - newer == set()


WRONG: dict[str, Any] = {
    "enabled": "yes",
    "python": 7,
    "model": ["x"],
    "stars": 6,
    "deadline": -1,
    "max_bytes": "big",
    "autotrigger": 1,
    "guesses": "menu",
    "server.enabled": "no",
    "server.cmd": "ty server",
    "server.settings": 3,
    "server.delay": 0.5,
    "memory.project": "often",
    "memory.person": 1,
    "log_level": "loud",
}


def test_every_option_is_checked(nvim: Child) -> None:
    """A wrong value of any option is reported by name, and the default is used."""
    assert set(WRONG) == set(nvim.lua(SCHEMA))
    for name, value in WRONG.items():
        options: Any = value
        for part in reversed(name.split(".")):
            options = {part: options}
        problems = nvim.lua(
            "package.loaded['sibyl.config'] = nil vim.g.sibyl = ..."
            " local c = require('sibyl.config')"
            " local path = vim.split((select(2, ...)), '%.')"
            " return { c.problems(), vim.tbl_get(c.get(), unpack(path)) }",
            options,
            name,
        )
        assert len(problems[0]) == 1 and f"`{name}`" in problems[0][0]
        assert problems[1:] == [] or (type(problems[1]), problems[1]) != (type(value), value)


def test_unknown_options_are_reported(nvim: Child) -> None:
    """Unknown options, a wrong table and a failing function are reported, and stop nothing."""
    problems = (
        "package.loaded['sibyl.config'] = nil vim.g.sibyl = {} return"
        " require('sibyl.config').problems()"
    )
    for lua, words in [
        ("{ star = 3, server = { command = {} } }", ["`star`", "`server.command`"]),
        ("'fast'", ["string"]),
        ("function() error('oh') end", ["oh"]),
        ("function() return { deadline = 50 } end", []),
    ]:
        reported = nvim.lua(
            problems.format(lua).replace("vim.g.sibyl = {}", f"vim.g.sibyl = {lua}")
        )
        assert len(reported) == len(words)
        assert all(word in " ".join(reported) for word in words)
    assert nvim.lua("return require('sibyl.config').get().deadline") == 50


def test_wrong_options_say_nothing_at_start(start_nvim: Callable, tmp_path: Path) -> None:
    """At start, a wrong option costs no message and no function."""
    child = start_nvim(init=ScriptedRanker(tmp_path).init(deadline="soon", nonsense=1))
    child.open(tmp_path / "a.py", "x = 1\n")
    host_ready(child)
    assert child.messages() == []


def test_setup_merges(nvim: Child) -> None:
    """setup() adds to vim.g.sibyl, and later calls win."""
    nvim.lua(
        "vim.g.sibyl = { stars = 1, deadline = 20 } local s = require('sibyl')"
        " s.setup({ stars = 2, server = { delay = 5 } }) s.setup({ server = { enabled = false } })"
    )
    got = nvim.lua("return require('sibyl.config').get()")
    assert (got["stars"], got["deadline"]) == (2, 20)
    assert got["server"] == {"delay": 5, "enabled": False, "settings": {}} or got["server"][
        "settings"
    ] in ({}, [])


def test_wrong_words(nvim: Child) -> None:
    """A wrong subcommand is answered with the right ones."""
    answers = nvim.command("Sibyl dance") + nvim.command("Sibyl status buffer")
    assert "`dance` is not one of: disable, enable" in answers
    assert "`status` has no use for `buffer`" in answers


def test_status_and_explain(scripted: Callable) -> None:
    """`:Sibyl` tells how it stands, `:Sibyl explain` how the last list was ranked."""
    child, ranker = scripted("x = 1\n", "vim.o.completeopt = 'menuone,noselect'", deadline=1000)
    assert "no list was ranked yet" in child.command("Sibyl explain")
    ranker.set(best=["json"], stars=1)
    FakeServer(child, items=items("close", "json"))
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<Esc>")
    assert re.search(r"ready; ranks fake; [\d.]+ ms added", child.command("Sibyl"))


def test_buffer_switch(scripted: Callable) -> None:
    """`!`, `buffer` and vim.b switch one buffer only; the host no longer holds its text."""
    child, ranker = scripted("x = 1\n")
    buf = child.call("bufnr")
    child.command("Sibyl! disable")
    child.wait_for(lambda: [buf] in ranker.calls("detach"))
    assert child.lua("return vim.b.sibyl_enabled") is False
    assert child.lua("return require('sibyl.host.client').ready()")
    child.command("Sibyl enable buffer")
    child.wait_for(lambda: [c[0] for c in ranker.calls("attach")].count(buf) == 2)


def test_a_switch_says_what_the_other_one_says(scripted: Callable) -> None:
    """On in a buffer is not on where all is off, nor the other way round; the answer says so."""
    child, _ = scripted("x = 1\n")
    assert child.command("Sibyl! disable") == "sibyl: off in this buffer"
    assert "on, but off in this buffer (:Sibyl! enable)" in child.command("Sibyl enable")
    child.command("Sibyl disable")
    assert "on in this buffer, but off everywhere (:Sibyl enable)" in child.command("Sibyl! enable")
    assert child.command("Sibyl enable") == "sibyl: on"


@pytest.mark.parametrize("before", ["", "silent ", "verbose Sibyl | ", "silent! "])
def test_words_are_offered_behind_other_commands(nvim: Child, before: str) -> None:
    """What may follow is known behind modifiers, a bar and a shorter name."""
    offered = nvim.call("getcompletion", f"{before}Sibyl f", "cmdline")
    assert offered == ["forget"]
    assert "project" in nvim.call("getcompletion", f"{before}Sib forget p", "cmdline")


def test_the_pages_that_sentences_name_are_there() -> None:
    """A page of help stands last in its line, so that the link that Neovim makes of it is the page's name."""
    manual = (ROOT / "doc/sibyl.txt").read_text(encoding="utf-8")
    for path in sorted((ROOT / "lua").rglob("*.lua")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if ":help sibyl-" in line and not line.lstrip().startswith("--"):
                name = re.search(r":help (sibyl-[a-z-]+)[\"'] ?[,)]", line)
                assert name, line
                assert f"*{name[1]}*" in manual


def test_health_when_well(scripted: Callable) -> None:
    """When all is well the report has no error, a live ranking and its time."""
    child, _ = scripted("x = 1\n", "vim.o.completeopt = 'menuone,noselect'", deadline=1000)
    FakeServer(child, items=items("a"))
    report = health(child)
    assert "ERROR" not in report
    assert re.search(r"the host answers in [\d.]+ ms \(process \d+\)", report)
    assert re.search(r"10 names there and back in [\d.]+ ms; first of `os.path.`: abspath", report)
    # Once, in the unit it says: the fake host's 123 456 789 bytes.
    assert re.findall(r".*(?:memory of the host|rss).*", report) == [
        "- memory of the host: 123.5 MB"
    ]
    assert "ready; ranks fake" in report and "sibyl.log" in report


def test_health_advises(start_nvim: Callable, tmp_path: Path) -> None:
    """Every known trap is named, with what to do about it."""
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    child = start_nvim(
        init=f"vim.g.sibyl = {{ python = '{bare}', nonsense = 1,"
        " server = { cmd = { 'nope' } } }"
        " package.loaded['blink.cmp'] = {}"
    )
    if child.version >= (0, 11, 0):
        child.command("set completeopt=menuone,fuzzy")
    report = health(child)
    for words in [
        "option `nonsense` is not known",
        "the Python of option `python` does not do",
        "the plugin `blink.cmp` is at work",
        "own language server is not installed",
        *(["`fuzzy` without `nosort`"] if child.version >= (0, 11, 0) else []),
    ]:
        assert words in report


def test_health_of_a_ranker_that_refuses(scripted: Callable) -> None:
    """A host without a model is named as that."""
    child, ranker = scripted("x = 1\n")
    ranker.set(reason="no model")
    assert "the ranker ranks nothing: no model" in health(child)


def stand_in(path: Path, installing: str) -> Path:
    """A Python that does something else where it should install."""
    case = f'case "$*" in *install.py*) {installing}; exit;; esac'
    path.write_text(f'#!/bin/sh\n{case}\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("code", [0, 1])
def test_headless_install(nvim_binary: Path, tmp_path: Path, code: int) -> None:
    """Headless, :Sibyl install waits for the installer, shows what it says, and fails with it."""
    maker = stand_in(
        tmp_path / "python3", f'echo "sibyl: asked $*"; sleep 0.3; echo done; exit {code}'
    )
    words = ["-u", "NONE", "--cmd", f"set runtimepath^={ROOT}", "--cmd", "runtime plugin/sibyl.lua"]
    words += ["--cmd", f"let g:sibyl = {{'python': '{maker}'}}", "+Sibyl install", "+qall!"]
    done = subprocess.run(
        [str(nvim_binary), "--headless", *words],
        env=isolated(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert "install.py --venv" in done.stdout and "--server" in done.stdout
    assert "done" in done.stdout


def test_install_beside_work(start_nvim: Callable, tmp_path: Path) -> None:
    """With a screen, typing goes on while the installer works, and its last line is shown."""
    maker = stand_in(tmp_path / "python3", 'sleep 1; echo "sibyl: ready in 1 s"')
    child = start_nvim(init=f"vim.g.sibyl = {{ python = '{maker}' }}")
    child.command("Sibyl install")
    child.type_keys("ihello<Esc>")
    assert child.line() == "hello"
    child.wait_for(lambda: any("ready in 1 s" in line for line in child.messages()))
