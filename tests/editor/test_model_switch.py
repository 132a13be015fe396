"""`:Sibyl model`: another model while Neovim runs, the shipped one back, and what becomes of a bad one.

In:   the real host with the shipped model and a copy of it; once a ranker that does as told.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from test_commands import health
from test_log import ranked, real_host

MODEL = "return require('sibyl.host.client').state.facts.model"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped model, in a folder with a space in its name."""
    return Path(shutil.copytree(ROOT / "models", tmp_path / "my model"))


def said(child: Child, words: str) -> str:
    """Run `:Sibyl words`; return the one sentence that comes, whole."""
    child.lua("heard = {} vim.notify = function(text) table.insert(heard, text) end")
    child.command(f"Sibyl {words}")
    child.wait_for(lambda: child.lua("return heard"), 60)
    (sentence,) = child.lua("return heard")
    return str(sentence)


def test_a_model_is_switched_while_neovim_runs(
    start_nvim: Callable, tmp_path: Path, copy: Path
) -> None:
    """There and back in one host: texts stay, lists are ranked, health and `:Sibyl` say which model it is."""
    child = real_host(start_nvim, tmp_path)
    assert ranked(child) == "order"
    pid = child.lua("return require('sibyl.host.client').state.pid")
    assert said(child, "model") == "sibyl: the shipped model"
    assert "ranks with the model in " in said(child, f"model {copy}")
    assert child.lua(MODEL) == str(copy)
    assert ranked(child) == "order"  # the text was kept: no "out of step"
    assert f"model {copy}" in said(child, "").replace("~", str(Path.home()))
    assert f"model: {copy}" in health(child)
    child.command("bwipeout")
    assert said(child, "model shipped") == "sibyl: ranks with the shipped model"
    assert child.lua(MODEL) == "shipped"
    assert ranked(child) == "order"
    assert child.lua("return require('sibyl.host.client').state.pid") == pid


def test_a_bad_model_changes_nothing(start_nvim: Callable, tmp_path: Path, copy: Path) -> None:
    """A folder without a model, and one whose graph is none: one sentence each, and the model before ranks."""
    child = real_host(start_nvim, tmp_path)
    assert ranked(child) == "order"
    assert "ranks with the model in " in said(child, f"model {copy}")
    other = Path(shutil.copytree(copy, tmp_path / "broken"))
    (other / "sibyl.onnx").write_bytes(b"no graph")
    for folder in (tmp_path, other):
        sentence = said(child, f"model {folder}")
        assert sentence.startswith("sibyl: ") and sentence.endswith(".") and "\n" not in sentence
        assert str(folder) in sentence
        assert child.lua(MODEL) == str(copy)
        assert ranked(child) == "order"


def test_a_choice_outlives_the_host_but_not_a_restart(scripted: Callable, tmp_path: Path) -> None:
    """A host that ended is started with the chosen model; `:Sibyl restart` reads the option again."""
    child, ranker = scripted("x = 1\n")
    assert "in " in said(child, f"model {tmp_path}")
    child.lua("vim.uv.kill(require('sibyl.host.client').state.pid, 'sigkill')")
    child.wait_for(lambda: len(ranker.calls("start")) == 2, 20)
    child.command("Sibyl restart")
    child.wait_for(lambda: len(ranker.calls("start")) == 3, 20)
    assert [given[0].get("model") for given in ranker.calls("start")] == [None, str(tmp_path), None]


def test_without_a_host_no_model_is_chosen(start_nvim: Callable, tmp_path: Path) -> None:
    """Where nothing ranks, the sentence says how it stands."""
    child = start_nvim(init="vim.g.sibyl = { enabled = false }")
    assert "the model was not changed: switched off everywhere" in said(child, f"model {tmp_path}")


def test_folders_are_completed(nvim: Child, tmp_path: Path) -> None:
    """The word for the shipped model, and folders, no files."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one.txt").touch()
    assert nvim.call("getcompletion", "Sibyl model s", "cmdline")[0] == "shipped"
    assert nvim.call("getcompletion", f"Sibyl model {tmp_path}/o", "cmdline") == [
        f"{tmp_path}/one/"
    ]


@pytest.mark.parametrize("name", ["`touch RAN`", "a{b,c}", "a$HOME"])
def test_a_folder_is_taken_by_its_name(scripted: Callable, tmp_path: Path, name: str) -> None:
    """The command line completes folders; none of their names is run by a shell, or means two."""
    child, ranker = scripted("import os\n")
    (tmp_path / name).mkdir()
    child.lua("vim.fn.chdir(...)", str(tmp_path))
    child.lua("vim.cmd.Sibyl({ 'model', ... })", str(tmp_path / name))
    child.wait_for(lambda: ranker.calls("model"), what="the question")
    assert not (tmp_path / "RAN").exists()
    assert ranker.calls("model")[-1][-1] == str(tmp_path / name)
