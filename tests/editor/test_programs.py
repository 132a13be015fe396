"""What is run for a server, and what becomes of it where it cannot be run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child import Child
from own_server import wait_clients
from scripted import ScriptedRanker
from test_host import script


@pytest.fixture
def own(start_nvim: Callable, tmp_path: Path) -> Callable[..., Child]:
    """Start a Neovim where sibyl may start its own server."""

    def start(lua: str = "", **server: Any) -> Child:
        ranker = ScriptedRanker(tmp_path)
        return start_nvim(init=ranker.init(server={"enabled": True, "delay": 0} | server) + lua)

    return start


def first_on_path(folder: Path) -> str:
    """Lua that puts a folder before all others of PATH."""
    path = f"\nvim.env.PATH = {json.dumps(str(folder))} .. ':' .. vim.env.PATH"
    return path + " vim.env.VIRTUAL_ENV = nil vim.env.CONDA_PREFIX = nil"


def keys_waited_for(child: Child, keys: str) -> bool:
    """Type keys; tell whether Neovim waits for one more a while later, and give it."""
    child.type_keys(keys)
    time.sleep(1)
    blocked = child.blocked()
    while child.blocked():
        child.api.input("<CR>")
        time.sleep(0.1)
    return blocked


def test_a_python3_that_cannot_be_run(own: Callable, tmp_path: Path) -> None:
    """A script on PATH that names an interpreter which is gone costs neither a message nor the server."""
    script(tmp_path / "bin/python3", "#!/opt/gone/python3\n")
    child = own(first_on_path(tmp_path / "bin"))
    assert not keys_waited_for(child, f":e {tmp_path}/a.py<CR>")
    wait_clients(child, "sibyl")


def test_a_server_that_cannot_be_run(own: Callable, tmp_path: Path) -> None:
    """A `server.cmd` whose interpreter is gone is one sentence, no key is waited for, and no client is left."""
    server = script(tmp_path / "pylsp", "#!/opt/gone/python3\n")
    child = own(cmd=[str(server)])
    assert not keys_waited_for(child, f":e {tmp_path}/a.py<CR>")
    child.wait_for(child.messages, what="the sentence")
    assert not keys_waited_for(child, "<Ignore>")
    child.call("wait", 300, False)
    (message,) = child.messages()
    assert "the language server could not be started" in message
    child.wait_for(lambda: child.lua("return vim.lsp.get_client_by_id(1) == nil"), what="its end")
    child.type_keys("ix.")
    child.command("edit! %")
    child.call("wait", 300, False)
    assert child.messages() == [message]


def test_a_current_folder_that_is_gone(own: Callable, tmp_path: Path) -> None:
    """A Python buffer without a name in a folder that another branch does not have: no message."""
    (tmp_path / "sub").mkdir()
    child = own()
    child.command(f"cd {tmp_path}/sub")
    (tmp_path / "sub").rmdir()
    assert not keys_waited_for(child, ":enew<CR>:setf python<CR>")
    assert child.messages() == []


def test_no_program_of_a_project_is_run_from_another_buffer(own: Callable, tmp_path: Path) -> None:
    """What a project has put on PATH is not run, though its buffer is not the current one any more."""
    script(tmp_path / "project/bin/python3", f"#!/bin/sh\ntouch {tmp_path}/RAN\n")
    (tmp_path / "project/.git").mkdir()
    child = own(first_on_path(tmp_path / "project/bin") + "\nvim.o.hidden = true", delay=300)
    child.open(tmp_path / "project/a.py", "import os\n")
    child.command("enew")
    launched = "return #vim.lsp.get_clients({ name = 'sibyl' })"
    child.wait_for(lambda: child.lua(launched) == 1, 30, "the server")
    assert not (tmp_path / "RAN").exists()


@pytest.mark.parametrize("marker", [".git", "setup.cfg", "requirements.txt", "Pipfile", "ty.toml"])
@pytest.mark.parametrize("place", ["project/a.txt", "project/inner/a.txt"])
def test_every_project_is_one(nvim: Child, tmp_path: Path, marker: str, place: str) -> None:
    """What marks a project for its memory or its server marks it for PATH, too, whatever stands in between."""
    program = script(tmp_path / "project/bin/python3", "#!/bin/sh\n")
    (tmp_path / "project" / marker).write_text("")
    (tmp_path / "project/inner").mkdir()
    (tmp_path / "project/inner/setup.py").write_text("")
    nvim.lua("vim.env.PATH = ... .. ':' .. vim.env.PATH", str(program.parent))
    nvim.open(tmp_path / place, "x")
    assert nvim.lua("return require('sibyl.host.search').first('python3')") != str(program)


def test_an_installed_package_belongs_to_its_project(nvim: Child, tmp_path: Path) -> None:
    """What is looked at in the environment of a project does not hide the project."""
    (tmp_path / "project/.git").mkdir(parents=True)
    program = script(tmp_path / "project/bin/python3", "#!/bin/sh\n")
    packages = tmp_path / "project/.venv/lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (tmp_path / "project/.venv/pyvenv.cfg").write_text("")
    nvim.lua("vim.env.PATH = ... .. ':' .. vim.env.PATH", str(program.parent))
    nvim.open(packages / "x.py", "x")
    assert nvim.lua("return require('sibyl.host.search').first('python3')") != str(program)


def test_the_library_of_a_version_manager_is_no_project(nvim: Child, tmp_path: Path) -> None:
    """Version managers are kept in git: who looks into Python's own library there goes on using its Pythons."""
    (tmp_path / "manager/.git").mkdir(parents=True)
    shim = script(tmp_path / "manager/shims/python3", "#!/bin/sh\n")
    nvim.lua("vim.env.PATH = ... .. ':' .. vim.env.PATH", str(shim.parent))
    library = tmp_path / "manager/versions/3.12/lib/python3.12"
    library.mkdir(parents=True)
    nvim.open(library / "os.py", "x")
    assert nvim.lua("return require('sibyl.host.search').first('python3')") == str(shim)


def test_many_buffers_ask_a_python_once(own: Callable, tmp_path: Path) -> None:
    """A session or `:argdo` opens many files at once: where Python lies is asked for once."""
    asked = tmp_path / "asked"
    script(tmp_path / "bin/python3", f'#!/bin/sh\necho once >> "{asked}"\nsleep 0.3\necho /usr\n')
    child = own(first_on_path(tmp_path / "bin"))
    for name in "abcdef":
        (tmp_path / f"{name}.py").write_text("import os\n")
    child.command(f"args {tmp_path}/*.py | silent argdo normal! Gox = 1")
    served = "return vim.tbl_count((vim.lsp.get_clients()[1] or {}).attached_buffers or {})"
    child.wait_for(lambda: child.lua(served) == 6, 30, "all to be served")
    assert asked.read_text().splitlines() == ["once"]
