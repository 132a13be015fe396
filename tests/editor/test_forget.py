"""What is remembered: the commands that show and forget it, and what the host hears of a project.

In:   a Neovim with a ranker that does as told.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import host_ready


def test_forget(scripted: Callable) -> None:
    """`:Sibyl forget` deletes what was kept, and the host goes on."""
    child, _ = scripted("x = 1\n")
    memory = Path(child.lua("return require('sibyl.host.client').memory()"))
    memory.mkdir(parents=True)
    (memory / "usage.db").write_text("x")
    child.command("Sibyl forget")
    assert not (memory / "usage.db").exists()
    host_ready(child)


def test_forget_in_part(scripted: Callable, tmp_path: Path) -> None:
    """`:Sibyl forget project` and `person` delete that and nothing else; the project is not read again."""
    child, ranker = scripted("x = 1\n")
    (tmp_path / "app" / ".git").mkdir(parents=True)
    memory = Path(child.lua("return require('sibyl.host.client').memory()"))
    child.command(f"edit {tmp_path / 'app' / 'b.py'}")
    root = child.lua("return (require('sibyl.buffer.project').of(0))")
    assert Path(root) == tmp_path.resolve() / "app"
    mine = Path(child.lua("return require('sibyl.buffer.project').memory(...)", root))
    (memory / "projects").mkdir(parents=True)
    files = [
        memory / "person.sqlite",
        memory / "person.sqlite-wal",
        mine,
        mine.with_name(mine.name + "-wal"),
    ]
    other = memory / "projects" / "other.sqlite"
    for path in (*files, other):
        path.write_text("x")
    assert "forgot this project" in child.command("Sibyl forget project")
    assert [path.exists() for path in files] == [True, True, False, False]
    assert "forgot what you accepted" in child.command("Sibyl forget person")
    assert [path.exists() for path in (*files, other)] == [False] * 4 + [True]
    host_ready(child)
    assert ranker.calls("start")[-1][0]["memory"] == {
        "person": True,
        "project": True,
        "read": False,
    }
    assert "has no use for `everything`" in child.command("Sibyl forget everything")


def test_forget_follows_links(scripted: Callable, tmp_path: Path) -> None:
    """Where the state folder leads elsewhere, what lies there is forgotten, and nothing that is not ours."""
    child, _ = scripted("x = 1\n")
    memory = Path(child.lua("return require('sibyl.host.client').memory()"))
    away, projects = tmp_path / "away", tmp_path / "projects"
    (away / "thesis").mkdir(parents=True)
    projects.mkdir()
    files = [away / "person.sqlite", away / "person.sqlite-wal", projects / "1f.sqlite"]
    other = [away / "thesis" / "text.tex", projects / "notes.txt"]
    for path in (*files, *other):
        path.write_text("x")
    (away / "projects").symlink_to(projects)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.symlink_to(away)
    assert "forgot all" in child.command("Sibyl forget")
    assert [path.exists() for path in (*files, *other)] == [False] * 3 + [True] * 2
    assert memory.is_symlink() and memory.is_dir()


def test_memory_is_shown(scripted: Callable) -> None:
    """`:Sibyl memory` says which projects are remembered, how many items were accepted, how large all is."""
    child, ranker = scripted("x = 1\n")
    ranker.set(
        memory={
            "projects": {"app": {"files": 12, "uses": 900, "bytes": 2_500_000}},
            "person": {"items": 40, "names": 31, "bytes": 40_000},
            "reading": ["app"],
        }
    )
    child.command("set cmdheight=8 | Sibyl memory")
    child.wait_for(lambda: "accepted" in "\n".join(child.messages()))
    shown = "\n".join(child.messages())
    assert "app: 12 files, 2.5 MB" in shown
    assert (
        "accepted from lists: 40 items, among them 31 different names after a dot; 40 kB" in shown
    )
    assert "app is being read" in shown


@pytest.mark.parametrize(
    ("memory", "sentence"),
    [
        ({"off": ["The memory x.sqlite cannot be written (disk full)."]}, "cannot be written"),
        ({"deleted": ["x.sqlite"]}, "x.sqlite was deleted; `:Sibyl restart` begins a new one"),
        ({"trouble": "The memory x.sqlite is damaged."}, "is damaged"),
        ({"projects": {}, "person": None, "reading": [], "off": []}, "nothing yet"),
    ],
)
def test_memory_that_cannot_be_used_is_told(
    scripted: Callable, memory: dict[str, object], sentence: str
) -> None:
    """Where nothing is remembered, `:Sibyl memory` says why."""
    child, ranker = scripted("x = 1\n")
    ranker.set(memory=memory)
    child.command("set cmdheight=8 | Sibyl memory")
    child.wait_for(lambda: sentence in "\n".join(child.messages()), what="the sentence")


def test_memory_counts_in_plain_words(scripted: Callable) -> None:
    """One of a thing is singular, and a small file has a size."""
    child, ranker = scripted("x = 1\n")
    ranker.set(
        memory={
            "projects": {"app": {"files": 1, "bytes": 1_000_000}},
            "person": {"items": 1, "names": 1, "bytes": 1},
        }
    )
    child.command("set cmdheight=8 | Sibyl memory")
    child.wait_for(lambda: "accepted" in "\n".join(child.messages()))
    shown = "\n".join(child.messages())
    assert "app: 1 file, 1.0 MB" in shown
    assert "accepted from lists: 1 item, among them 1 different name after a dot; 1 kB" in shown


def test_memory_of_a_host_that_is_off(scripted: Callable, tmp_path: Path) -> None:
    """Switched off, `:Sibyl memory` says which files are on disk, where, how large, and what deletes them."""
    child, _ = scripted("x = 1\n")
    child.command("set cmdheight=12 | Sibyl disable")
    memory = Path(child.lua("return require('sibyl.host.client').memory()"))
    shown = child.command("Sibyl memory")
    assert "switched off everywhere" in shown
    assert f"Nothing that was learned from you is on disk; it would be below {memory}" in shown
    (memory / "projects").mkdir(parents=True)
    away = tmp_path / "away.sqlite"
    sizes = {"person.sqlite": 3_000, "person.sqlite-wal": 4_500, "report.svg": 200}
    sizes |= {f"projects/{name}.sqlite": 1_300_000 for name in "ab"}
    for name, size in sizes.items():
        (memory / name).write_bytes(b"x" * size)
    away.write_bytes(b"x" * 20_000)
    (memory / "experiment.sqlite").symlink_to(away)
    shown = child.command("Sibyl memory")
    assert shown.splitlines()[1:] == [
        f"On disk, below {memory}:",
        "  experiment.sqlite (the experiment): 20 kB",
        "  person.sqlite (what you accepted): 8 kB",
        "  projects (what your projects use): 2.6 MB",
        "  report.svg: 1 kB",
        ":Sibyl forget deletes all of it.",
    ]
    assert "forgot all" in child.command("Sibyl forget")
    assert not memory.exists() and not away.exists()
    assert "Nothing that was learned from you is on disk" in child.command("Sibyl memory")


def test_the_host_hears_of_the_project(scripted: Callable, tmp_path: Path) -> None:
    """A buffer's root and file are told before its text; saving it says that files changed."""
    child, ranker = scripted("x = 1\n")
    root = tmp_path.resolve() / "app"
    (root / "sub").mkdir(parents=True)
    (root / "setup.py").write_text("")
    child.command(f"edit {root / 'sub' / 'c.py'}")
    child.type_keys("iy<Esc>")
    child.command("write")
    buf = child.call("bufnr")
    wanted = [buf, str(root), str(root / "sub" / "c.py")]
    child.wait_for(lambda: [buf] in ranker.calls("changed"))
    assert wanted in ranker.calls("project")


@pytest.mark.parametrize("name", ["a$HOME", "it's [a] {b,c} 100%", "ü~#x"])
def test_a_project_may_have_any_name(scripted: Callable, tmp_path: Path, name: str) -> None:
    """No part of its path is taken for a variable or a pattern."""
    child, ranker = scripted("x = 1\n")
    root = tmp_path.resolve() / name
    (root / "sub").mkdir(parents=True)
    (root / "setup.py").write_text("")
    child.lua("vim.cmd.edit(vim.fn.fnameescape(...))", str(root / "sub" / "c.py"))
    buf = child.call("bufnr")
    wanted = [buf, str(root), str(root / "sub" / "c.py")]
    child.wait_for(lambda: wanted in ranker.calls("project"), what="the project")


def test_a_home_folder_is_no_project(scripted: Callable) -> None:
    """A repository of dot files in the home folder does not make everything below it one project."""
    child, ranker = scripted("x = 1\n")
    home = Path(child.lua("return vim.uv.os_homedir()"))
    (home / ".git").mkdir(exist_ok=True)
    child.command(f"edit {home / 'notes.py'}")
    buf = child.call("bufnr")
    child.wait_for(lambda: any(call[0] == buf for call in ranker.calls("project")))
    assert [call[1] for call in ranker.calls("project") if call[0] == buf] == [""]
