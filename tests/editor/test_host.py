"""The Python host: found by trying, started without delay, kept alive, and never in the way."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from child import ROOT, Child
from isolation import isolated
from scripted import ScriptedRanker, host_ready, mirrored

STATE = "local s = require('sibyl.host.client').state return "
SERVER_OFF = "vim.g.sibyl = { server = { enabled = false }"


def script(path: Path, text: str) -> Path:
    """Write an executable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def alive(pid: int) -> bool:
    """Whether a process runs; one nobody has waited for yet is over."""
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_phase(child: Child, phase: str) -> None:
    """Wait for the host's state."""
    child.wait_for(lambda: child.lua(STATE + "s.phase") == phase, 20, f"phase {phase}")


def test_nothing_before_python(start_nvim: Callable, tmp_path: Path) -> None:
    """Until a Python buffer opens, no module of sibyl is loaded and no process runs."""
    child = start_nvim(init=ScriptedRanker(tmp_path).init())
    child.open(tmp_path / "notes.txt", "text\n")
    names = "vim.tbl_keys(package.loaded)"
    loaded = f"return vim.tbl_filter(function(n) return n:find('^sibyl') end, {names})"
    assert child.lua(loaded) == []
    child.open(tmp_path / "a.py", "x = 1\n")
    host_ready(child)
    assert child.lua(loaded) != []


def test_loaded_late(start_nvim: Callable, tmp_path: Path) -> None:
    """Loaded when Python buffers are open already, it begins with these."""
    child = start_nvim(init="vim.g.loaded_sibyl = 1\n" + ScriptedRanker(tmp_path).init())
    child.open(tmp_path / "a.py", "x = 1\n")
    child.command("unlet g:loaded_sibyl | runtime plugin/sibyl.lua")
    host_ready(child)


def test_remote_plugins_disabled(start_nvim: Callable, tmp_path: Path) -> None:
    """With Neovim's remote plugins and Python provider switched off or broken, it works."""
    broken = (
        "vim.g.loaded_remote_plugins = 1 vim.g.loaded_python3_provider = 0"
        " vim.g.python3_host_prog = '/no/such/python'"
    )
    child = start_nvim(init=ScriptedRanker(tmp_path).init() + "\n" + broken)
    child.open(tmp_path / "a.py", "x = 1\n")
    host_ready(child)


# Neovim's own files, but for those of remote plugins: as in a Neovim that has them no more.
NO_REMOTE = """
local old, new = vim.env.VIMRUNTIME, vim.fn.stdpath('cache') .. '/runtime'
local function link(folder, left_out)
  vim.fn.mkdir(new .. folder, 'p')
  for name in vim.fs.dir(old .. folder) do
    if name ~= left_out then
      vim.uv.fs_symlink(old .. folder .. '/' .. name, new .. folder .. '/' .. name)
    end
  end
end
link('', 'autoload')
link('/autoload', 'remote')
vim.o.runtimepath = vim.o.runtimepath:gsub(vim.pesc(old), (new:gsub('%%', '%%%%')))
vim.env.VIMRUNTIME = new
"""


def test_without_remote_plugins(start_nvim: Callable, tmp_path: Path) -> None:
    """Without any `remote#host#*` function the host starts, answers, and starts again when it ends."""
    child = start_nvim(init=NO_REMOTE + ScriptedRanker(tmp_path).init())
    child.open(tmp_path / "a.py", "x = 1\n")
    host_ready(child)
    child.command("silent! call remote#host#IsRunning('x')")
    assert child.call("exists", "*remote#host#Register") == 0
    assert mirrored(child)
    first = child.lua(STATE + "s.pid")
    child.lua("vim.uv.kill(...)", first)
    child.wait_for(lambda: child.lua(STATE + "s.pid") not in (first, None), 20, "another host")
    host_ready(child)
    assert child.messages() == []


def test_update_remote_plugins(nvim_binary: Path, tmp_path: Path) -> None:
    """:UpdateRemotePlugins finds the door as well, though it is not needed."""
    words = ["-u", "NONE", "--cmd", f"set runtimepath^={ROOT}"]
    words += ["--cmd", f"let g:python3_host_prog = '{ROOT / '.venv/bin/python'}'"]
    words += ["+runtime plugin/rplugin.vim", "+UpdateRemotePlugins", "+qall!"]
    subprocess.run(
        [str(nvim_binary), "--headless", *words],
        env=isolated(tmp_path),
        check=True,
        timeout=60,
        capture_output=True,
    )
    manifest = next(tmp_path.rglob("rplugin.vim")).read_text()
    assert "sibyl_host.py" in manifest and "SibylHostAlive" in manifest


def test_interpreter_without_packages(start_nvim: Callable, tmp_path: Path) -> None:
    """A named Python without the packages: one sentence that says what to do; typing goes on."""
    bare = script(tmp_path / "bare/python", f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    child = start_nvim(init=f"{SERVER_OFF}, python = '{bare}' }}")
    child.open(tmp_path / "a.py", "x = 1\n")
    wait_phase(child, "failed")
    child.wait_for(child.messages)
    child.type_keys("oa.b<Esc>oc.d<Esc>")
    assert child.lines() == ["x = 1", "a.b", "c.d"]
    told_ = [line for line in child.messages() if "sibyl" in line]
    assert len(told_) == 1 and "the Python of option `python` does not do" in told_[0]


def test_active_project_environment_is_not_taken(start_nvim: Callable, tmp_path: Path) -> None:
    """An active virtual environment is never the host, though it comes first on PATH."""
    script(tmp_path / "venv/bin/python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    child = start_nvim(init=SERVER_OFF + " }")
    child.lua(
        "vim.env.VIRTUAL_ENV = ... vim.env.PATH = (...) .. '/bin:' .. vim.env.PATH",
        str(tmp_path / "venv"),
    )
    sources = child.lua("return require('sibyl.host.interpreter').candidates()")
    assert all(str(tmp_path / "venv") not in each["path"] for each in sources)


def test_order_of_interpreters(start_nvim: Callable, tmp_path: Path) -> None:
    """The plugin's own environment comes before everything that is merely there."""
    child = start_nvim(init=SERVER_OFF + " }")
    own = Path(
        child.lua(
            "return require('sibyl.host.interpreter').program("
            "require('sibyl.host.interpreter').venv(), 'python')"
        )
    )
    script(own, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    host = script(tmp_path / "host/python", "#!/bin/sh\n")
    child.lua("vim.g.python3_host_prog = ...", str(host))
    sources = [
        each["source"]
        for each in child.lua("return require('sibyl.host.interpreter').candidates()")
    ]
    assert sources[0] == "sibyl's own environment"
    assert sources.index("g:python3_host_prog") > 0
    if "the checkout's .venv" in sources:
        assert sources.index("the checkout's .venv") == 1


def test_shadowing_project(start_nvim: Callable, tmp_path: Path) -> None:
    """A project with modules named like our packages does not get into the host."""
    for name in ("pynvim", "numpy", "sibyl", "msgpack"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n")
    child = start_nvim(init=ScriptedRanker(tmp_path).init())
    child.command(f"cd {tmp_path}")
    child.lua("vim.env.PYTHONPATH = ...", str(tmp_path))
    child.open(tmp_path / "a.py", "x = 1\n")
    host_ready(child)


def test_restart_backs_off_and_ends(start_nvim: Callable, tmp_path: Path) -> None:
    """A host that always dies is tried again ever more slowly, then left; one sentence is said."""
    ranker = ScriptedRanker(tmp_path)
    ranker.set(notice="x")
    text = ranker.python.read_text()
    script(ranker.python, text.replace("exec", 'case "$*" in *start_host*) exit 4;; esac\nexec'))
    child = start_nvim(init=ranker.init())
    child.lua(
        "local later = vim.defer_fn WAITS = {} vim.defer_fn = function(f, ms)"
        " if ms > 0 then table.insert(WAITS, ms) end return later(f, math.min(ms, 20)) end"
    )
    child.open(tmp_path / "a.py", "x = 1\n")
    wait_phase(child, "failed")
    assert child.lua("return WAITS")[:5] == [500, 1000, 2000, 4000, 8000]
    assert sum("keeps ending" in line for line in child.messages()) == 1
    assert len(child.messages()) == 1


def test_host_ends_with_neovim(scripted: Callable) -> None:
    """No process is left behind."""
    child, _ = scripted("x = 1\n")
    pid = child.lua(STATE + "s.pid")
    child.close()
    end = time.monotonic() + 10
    while time.monotonic() < end and alive(pid):
        time.sleep(0.05)
    assert not alive(pid)


def test_loaded_anew(scripted: Callable) -> None:
    """After `:Lazy reload` one host runs, not two, and it has the buffers that are open."""
    child, _ = scripted("x = 1\n")
    pid = STATE + "s.pid"
    before = int(child.lua(pid))
    child.lua(  # as lazy.nvim does it
        "require('sibyl').deactivate() for name in pairs(package.loaded) do "
        "if vim.startswith(name, 'sibyl') then package.loaded[name] = nil end end "
        "vim.cmd('runtime plugin/sibyl.lua')"
    )
    child.wait_for(lambda: not alive(before), what="the first host's end")
    host_ready(child)
    assert child.lua("return require('sibyl').buffers()") == [child.call("bufnr")]
    assert int(child.lua(pid)) != before


def test_notice_is_said_once(scripted: Callable) -> None:
    """A problem the host reports is one sentence on the screen, once, however often it comes."""
    child, _ = scripted("x = 1\n")
    for _ in range(3):
        child.lua(
            "require('sibyl.host.client').receive(0, 'notice', { level = 'warn', text = 'No model.' })"
        )
    child.wait_for(child.messages)
    assert child.messages() == ["sibyl: No model."]


def test_log_is_private(scripted: Callable) -> None:
    """The log can be read by its owner alone, and is turned over when it is large."""
    child, _ = scripted("x = 1\n")
    path = Path(child.lua("return require('sibyl.log').path()"))
    child.wait_for(path.exists)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("x" * 600_000)
    child.command("Sibyl restart")
    host_ready(child)
    assert path.stat().st_size < 100_000
    # The host that ends may have written a line of its own behind.
    assert path.with_suffix(".log.old").read_text().startswith("x" * 600_000)


def test_real_host_without_a_model(start_nvim: Callable, tmp_path: Path) -> None:
    """The real ranker with no model says one sentence; lists and typing are as ever."""
    (tmp_path / "none").mkdir()
    python = ROOT / ".venv/bin/python"
    options = f"{SERVER_OFF}, python = '{python}', model = '{tmp_path / 'none'}' }}"
    child = start_nvim(init=options)
    child.open(tmp_path / "a.py", "x = 1\n")
    child.wait_for(child.messages, 30)
    assert len(child.messages()) == 1 and child.messages()[0].startswith("sibyl: ")
    child.type_keys("ox.y<Esc>")
    assert child.lines() == ["x = 1", "x.y"]
    assert not child.lua("return require('sibyl.host.client').ready()")


def test_off_ends_a_host_that_no_buffer_has_started(start_nvim: Callable, tmp_path: Path) -> None:
    """Commands start a host where no Python buffer is open: `:Sibyl disable` ends it all the same."""
    child = start_nvim(init=ScriptedRanker(tmp_path).init())
    child.command("Sibyl experiment")
    host_ready(child)
    pid = child.lua(STATE + "s.pid")
    child.command("Sibyl disable")
    child.wait_for(lambda: not alive(pid), what="the host's end")


def test_restart_takes_the_python_of_the_new_options(start_nvim: Callable, tmp_path: Path) -> None:
    """`:Sibyl restart` while the Python of the old options is still being tried is about the new one."""
    ranker = ScriptedRanker(tmp_path)
    slow = '#!/bin/sh\ncase "$*" in *find_spec*) sleep {};; esac\nexec "{}" "$@"\n'
    old = script(tmp_path / "old", slow.format(1, ranker.python))
    new = script(tmp_path / "new", slow.format(2, ranker.python))
    child = start_nvim(init=ranker.init(python=str(old)))
    child.open(tmp_path / "a.py", "import os\n")
    wait_phase(child, "looking")
    child.lua("local o = vim.g.sibyl o.python = ... vim.g.sibyl = o", str(new))
    child.command("Sibyl restart")
    host_ready(child)
    assert child.lua(STATE + "s.python.path") == str(new)
