"""Which folder above a buffer is its project's, as the editor finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from child import Child

MARKERS = [
    ".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "ty.toml",
]  # fmt: skip
ABOVE = """
local roots, unfit = require('sibyl.buffer.root'), ...
local function fits(folder) return folder ~= unfit end
return roots.above(vim.api.nvim_get_current_buf(), roots.MARKERS, unfit and fits)
"""


def above(nvim: Child, unfit: Path | None = None) -> Any:
    """The folder that is found for the current buffer."""
    return nvim.lua(ABOVE, str(unfit)) if unfit else nvim.lua(ABOVE)


@pytest.mark.parametrize("marker", MARKERS)
def test_each_marker_makes_a_project(nvim: Child, tmp_path: Path, marker: str) -> None:
    """The nearest folder that has one; what is called like one and more is none."""
    inner = tmp_path / "outer/inner"
    (inner / "deep").mkdir(parents=True)
    (tmp_path / "outer" / marker).touch()
    (inner / f"{marker}x").touch()
    (tmp_path / "outer" / f"inner{marker}").touch()
    nvim.open(inner / "deep/mod.py", "")
    assert above(nvim) == str(tmp_path / "outer")
    (inner / marker).mkdir()
    assert above(nvim) == str(inner)


def test_a_folder_that_does_not_fit_is_passed_by(nvim: Child, tmp_path: Path) -> None:
    """The next one above is taken."""
    inner = tmp_path / "outer/inner"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / ".git").mkdir()
    nvim.open(inner / "mod.py", "")
    assert above(nvim) == str(inner)
    assert above(nvim, inner) == str(inner.parent)


def test_without_a_marker_there_is_no_project(nvim: Child, tmp_path: Path) -> None:
    """Nor for a name that is no path, wherever Neovim runs."""
    (tmp_path / "loose").mkdir()
    nvim.open(tmp_path / "loose/mod.py", "")
    folder = above(nvim)
    assert folder is None or not Path(folder).is_relative_to(tmp_path)
    (tmp_path / "loose/.git").mkdir()
    nvim.command(f"cd {tmp_path / 'loose'}")
    nvim.command("enew | file term://mod.py")
    assert above(nvim) is None


def test_a_buffer_without_a_name_lies_in_the_current_folder(nvim: Child, tmp_path: Path) -> None:
    """Its project is that of files which are written there."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/.git").mkdir()
    nvim.command(f"cd {tmp_path / 'a/b'} | enew")
    assert above(nvim) == str(tmp_path / "a")
    (tmp_path / "a/b/.git").mkdir()
    assert above(nvim) == str(tmp_path / "a/b")


def test_links_are_followed(nvim: Child, tmp_path: Path) -> None:
    """A folder has one real path; what is not there keeps the one it has."""
    real = tmp_path.resolve() / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    code = "return require('sibyl.buffer.root').real(...)"
    assert nvim.lua(code, str(tmp_path / "link")) == str(real)
    assert nvim.lua(code, str(tmp_path / "none")) == str(tmp_path / "none")
    odd = real / "back\\slash"
    odd.mkdir()
    assert nvim.lua(code, str(odd)) == str(odd)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/a/b.py", "/a/b.py"), ("C:/a/b.py", "C:/a/b.py"), ("C:\\a\\b.py", "C:\\a\\b.py"),
        ("\\\\host\\a.py", "\\\\host\\a.py"), ("scp://host/b.py", None), ("fugitive:///a/b.py", None),
    ],
)  # fmt: skip
def test_which_names_are_paths(nvim: Child, name: str, path: str | None) -> None:
    """Those of any system that begin at its root; a scheme's are none."""
    nvim.lua("vim.api.nvim_buf_get_name = function() return SAID end")
    nvim.lua("SAID = ...", name)
    assert nvim.lua("return require('sibyl.buffer.root').path(1)") == path
