"""No Python that is started, to look, to host, to read, to install, obeys the project or the shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from isolation import isolated
from scripted import ScriptedRanker, host_ready
from test_host import SERVER_OFF, STATE, script, wait_phase

PYTHON = ROOT / ".venv/bin/python"
MODULES = "sitecustomize usercustomize types json numpy pynvim msgpack sibyl tree_sitter".split()
FIND = (
    "local got; require('sibyl.host.interpreter').find_maker(function(f, t) got = { f or vim.NIL, t } end)"
    " vim.wait(20000, function() return got ~= nil end, 5) return got"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose modules print and leave a mark when they are imported."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text(
            f"print('noise'); open({str(tmp_path / 'ran')!r}, 'a').write(__name__)"
        )
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (folder / "a.py").write_text("x = 1\n")
    return folder


@pytest.mark.skipif(not PYTHON.exists(), reason="no .venv: `make setup`")
@pytest.mark.parametrize("home", ["/usr", "/no/such/folder"])
def test_no_variable_changes_what_python_imports(
    start_nvim: Callable, project: Path, tmp_path: Path, home: str
) -> None:
    """PYTHONHOME, PYTHONPATH with a printing sitecustomize or a json.py: probe and host agree and start."""
    child = start_nvim(init=f"{SERVER_OFF}, python = '{PYTHON}' }}")
    child.command(f"cd {project}")
    values = {"PYTHONHOME": home, "PYTHONPATH": f".:{project}", "PYTHONSTARTUP": "types.py"}
    values |= {"PYTHONUSERBASE": str(project), "PYTHONINSPECT": "1", "PYTHONWARNINGS": "error"}
    for name, value in values.items():
        child.lua("vim.env[select(1, ...)] = select(2, ...)", name, value)
    child.open(project / "a.py")
    host_ready(child)
    assert 0 == child.lua(STATE + "s.restarts")
    assert 1 == child.lua(STATE + "#s.tried")
    assert child.messages() == []
    child.wait_for(lambda: list((tmp_path / "home0").rglob("projects/*.sqlite")), 20, "the reader")
    assert not (tmp_path / "ran").exists()


def fake(path: Path, version: str) -> Path:
    """A Python that says it is of a version, and is nothing else."""
    answer = f'{{"python": "{path}", "version": "{version}", "missing": ["numpy"]}}'
    return script(path, f"#!/bin/sh\necho '{answer}'\n")


def only(child: Child, *folders: Path | str) -> None:
    """Let PATH be these folders."""
    child.lua("vim.env.PATH = ...", os.pathsep.join(map(str, folders)))


def test_the_first_python_that_fits_makes_the_environment(
    start_nvim: Callable, tmp_path: Path
) -> None:
    """With a python3 of 3.9, a stand-in that fails and one of 3.15 before it, python3.12 is taken."""
    child = start_nvim(init=SERVER_OFF + " }")
    fake(tmp_path / "a/python3", "3.9.18")
    script(
        tmp_path / "a/python3.14", "#!/bin/sh\necho 'python3.14: command not found' >&2\nexit 127\n"
    )
    fake(tmp_path / "b/python3", "3.15.0")
    wanted = fake(tmp_path / "b/python3.12", "3.12.1")
    fake(tmp_path / "b/python3.11", "3.11.7")
    only(child, tmp_path / "a", tmp_path / "b")
    python, tried = child.lua(FIND)
    assert str(wanted) == python["path"]
    assert ["3.9.18", "3.15.0", None, "3.12.1"] == [each.get("version") for each in tried]
    only(child, tmp_path / "a")
    child.command("Sibyl install")
    child.wait_for(lambda: "3.9.18" in "".join(child.screen()), 10, "the refusal")
    assert "no Python from 3.10 to 3.14" in "".join(child.screen())


def test_a_python_that_is_too_old_is_called_so(start_nvim: Callable, tmp_path: Path) -> None:
    """Packages that no version of it has are not what one is told to install."""
    old = fake(tmp_path / "old/python", "3.8.18")
    child = start_nvim(init=f"{SERVER_OFF}, python = '{old}' }}")
    child.open(tmp_path / "a.py", "x = 1\n")
    wait_phase(child, "failed")
    assert f"{old} is 3.8.18, and sibyl needs 3.10 to 3.14" in child.command("Sibyl")


def test_the_environment_made_from_the_named_python_is_taken(
    start_nvim: Callable, tmp_path: Path
) -> None:
    """`:Sibyl install` makes it from option `python`; the named one comes first, if it has all packages."""
    named = fake(tmp_path / "named/python", "3.12.1")
    child = start_nvim(init=f"{SERVER_OFF}, python = '{named}' }}")
    find = "return require('sibyl.host.interpreter').candidates()"
    assert [str(named)] == [each["path"] for each in child.lua(find)]
    venv = Path(child.lua("return require('sibyl.host.interpreter').venv()"))
    own = fake(venv / "bin/python", "3.12.1")
    (venv / "pyvenv.cfg").write_text(f"home = {tmp_path / 'other'}\nversion = 3.12.1\n")
    assert [str(named)] == [each["path"] for each in child.lua(find)]
    (venv / "pyvenv.cfg").write_text(f"home = {named.parent}\nversion = 3.12.1\n")
    assert [str(named), str(own)] == [each["path"] for each in child.lua(find)]


def test_pythons_on_path_come_after_an_own_one_that_does_not_do(
    start_nvim: Callable, tmp_path: Path
) -> None:
    """PATH is looked through where sibyl's own environment lacks packages; each Python is tried once."""
    child = start_nvim(init=SERVER_OFF + " }")
    on_path = script(tmp_path / "bin/python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    root = "local root = ... require('sibyl.host.interpreter').root = function() return root end"
    child.lua(root, str(tmp_path))
    only(child, tmp_path / "bin", "/usr/bin", "/bin")
    own = Path(child.lua("return require('sibyl.host.interpreter').venv()")) / "bin/python"
    fake(own, "3.12.1")
    child.lua("require('sibyl.host.interpreter').find(function(f, t) GOT = { f or false, t } end)")
    python, tried = child.wait_for(lambda: child.lua("return GOT"), what="a Python")
    assert python["path"] == str(on_path)
    # Debian's python3-pynvim may name one more.
    paths = [each["path"] for each in tried if each["path"] != "/usr/bin/python3"]
    assert paths == [str(own), str(on_path)]


def test_a_version_file_of_the_project_is_not_read(
    start_nvim: Callable, project: Path, tmp_path: Path
) -> None:
    """A version manager's stand-in for Python looks into the current folder: that is not the project's."""
    (project / ".python-version").write_text("3.8\n")
    shim = tmp_path / "shims/python3"
    script(
        shim,
        f'#!/bin/sh\n[ -f .python-version ] && exec echo "{{\\"version\\": \\"3.8.1\\", \\"missing\\": []}}"\n'
        f'exec {sys.executable} "$@"\n',
    )
    child = start_nvim(init=SERVER_OFF + " }")
    child.command(f"cd {project}")
    only(child, shim.parent, "/usr/bin", "/bin")
    python, tried = child.lua(FIND)
    assert str(shim) == python["path"] and 1 == len(tried)


def test_no_program_of_the_project_is_taken(
    start_nvim: Callable, project: Path, tmp_path: Path
) -> None:
    """Empty and relative entries of PATH, the project and an active environment are searched for no program."""
    child = start_nvim(init=SERVER_OFF + " }")
    for folder in (project, project / "bin", tmp_path / "venv/bin"):
        for name in ("python3", "ty", "pynvim-python"):
            script(folder / name, f"#!/bin/sh\n: > {tmp_path / 'ran'}\n")
    (tmp_path / "link").symlink_to(project / "bin")
    child.command(f"cd {project}")
    child.lua("vim.env.VIRTUAL_ENV = ...", str(tmp_path / "venv"))
    good = fake(tmp_path / "good/python3", "3.12.1")
    only(
        child,
        "",
        ".",
        "bin",
        project / "bin",
        tmp_path / "link",
        tmp_path / "venv/bin",
        good.parent,
    )
    child.open(project / "a.py")
    search = "return require('sibyl.host.search').all({ 'python3', 'ty', 'pynvim-python' })"
    assert [str(good)] == child.lua(search)
    child.command("cd /")  # the open file's project is one wherever one is
    assert [str(good)] == child.lua(search)
    ended = ("ready", "failed")  # a checkout may have an environment of its own
    child.wait_for(lambda: child.lua(STATE + "s.phase") in ended, 20, "the end of looking")
    assert not (tmp_path / "ran").exists()


def test_a_python_that_prints_at_its_start_is_not_taken(
    start_nvim: Callable, tmp_path: Path
) -> None:
    """What would spoil the host's channel is seen before: looking and hosting start Python alike."""
    ranker = ScriptedRanker(tmp_path)
    script(ranker.python, ranker.python.read_text().replace("exec", "echo noise\nexec"))
    child = start_nvim(init=ranker.init())
    child.open(tmp_path / "a.py", "x = 1\n")
    wait_phase(child, "failed")
    assert 0 == child.lua(STATE + "s.restarts")


def test_install_from_a_hostile_project(nvim_binary: Path, project: Path, tmp_path: Path) -> None:
    """:Sibyl install, headless, in a folder of traps: isolated, elsewhere, with a clean environment."""
    record = tmp_path / "record"
    maker = tmp_path / "programs/python3"
    script(
        maker,
        '#!/bin/sh\ncase "$*" in *install.py*) '
        f'echo "$@" > {record}; pwd >> {record}; env >> {record}; exit 0;; esac\nexec {sys.executable} "$@"\n',
    )
    wrapped = f"vim.g.sibyl = {{ python = '{maker}' }}"
    environment = isolated(tmp_path / "home") | {"PYTHONPATH": f".:{project}", "PYTHONHOME": "/usr"}
    words = [
        "--headless",
        "-u",
        "NONE",
        "--cmd",
        f"set runtimepath^={ROOT}",
        "--cmd",
        f"lua {wrapped}",
    ]
    done = subprocess.run(
        [str(nvim_binary), *words, "+runtime plugin/sibyl.lua", "+Sibyl install", "+qall!"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert 0 == done.returncode, done.stderr
    called, place, *variables = record.read_text().splitlines()
    assert called.startswith("-I ") and "install.py" in called
    assert str(ROOT) == place
    assert not [each for each in variables if each.startswith(("PYTHONPATH", "PYTHONHOME"))]
    assert not (tmp_path / "ran").exists()


def test_no_shell_reads_a_path(start_nvim: Callable, tmp_path: Path) -> None:
    """A Python in a folder with a quote in its name, written with `~`, is found without the user's shell."""
    home = tmp_path / "o'ne {a;b}"
    folder = home / "it's"
    folder.mkdir(parents=True)
    ranker = ScriptedRanker(folder)
    child = start_nvim(home=home, init=ranker.init(python="~/it's/python"))
    child.command("set shell=/no/such/shell")
    child.lua("vim.env.HOME = ...", str(home))
    child.open(tmp_path / "shop.py", "import os\n")
    host_ready(child)
    assert child.messages() == []
