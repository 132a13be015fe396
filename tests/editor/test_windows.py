"""Windows, simulated: paths of programs as the front takes them there. Nothing here ran on Windows."""

from __future__ import annotations

from pathlib import Path

from child import Child

AS_WINDOWS = """
local has = vim.fn.has
vim.fn.has = function(feature) return feature == 'win32' and 1 or has(feature) end
package.loaded['sibyl.host.search'], package.loaded['sibyl.host.interpreter'] = nil, nil
search, interpreter = require('sibyl.host.search'), require('sibyl.host.interpreter')
vim.fn.has = has
"""


def test_programs_have_the_names_they_have_on_windows(nvim: Child, tmp_path: Path) -> None:
    """PATH is split at semicolons; programs end in .exe, those of an environment lie in Scripts."""
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    for name in ("first/python3", "second/python3.exe"):
        (tmp_path / name).touch(0o755)
    nvim.lua(AS_WINDOWS)
    path = f"C:\\Programs;;.;relative;{tmp_path / 'first'};{tmp_path / 'second'}"
    nvim.lua("vim.env.PATH = ...", path)
    assert nvim.lua("return search.first('python3')") == str(tmp_path / "second/python3.exe")
    assert nvim.lua("return search.all({ 'python' })") == []
    assert nvim.lua("return interpreter.program('C:/venv', 'ty')") == "C:/venv/Scripts/ty.exe"
    names = nvim.lua("return interpreter.names()")
    assert names[:2] == ["python3", "python"]
