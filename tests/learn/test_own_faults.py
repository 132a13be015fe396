"""A model of one's own: what is refused binds nobody, and no file of the person's is taken away.

In: small folders, the shipped model.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from small_repositories import code, last_line, paths, write_tree

torch = pytest.importorskip("torch")

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn import stages  # noqa: E402
from sibyl.learn.corpus import stage as corpus  # noqa: E402
from sibyl.learn.recipes import finetune  # noqa: E402

SHIPPED = Path(__file__).resolve().parents[2] / "models"
pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run `own` where it must fail; returns the sentence it ends with."""
    assert stages.main(["own", *map(str, words)]) == 1
    return last_line(capsys.readouterr().err)


def test_files_in_a_folder_of_the_same_name_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An --out that holds a person's own folder `sources` is refused, and the files in it are left there."""
    write_tree(tmp_path / "project", {"a.py": code("a"), "sources/notes.txt": "mine"})
    project = tmp_path / "project"
    sentence = refused(capsys, project, "--out", project)
    assert "notes.txt was not made by this command; take another --out." in sentence
    assert (project / "sources" / "notes.txt").read_text() == "mine"


def test_what_was_refused_does_not_bind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a wrong path, a wrong share or too few files the right command may take the same --out."""
    write_tree(tmp_path / "few", {"a.py": code("a"), "b.py": code("b")})
    write_tree(tmp_path / "more", {"a.py": code("c"), "b.py": code("d")})
    out = ("--out", tmp_path / "out")
    assert "There is no folder" in refused(capsys, tmp_path / "wrong", *out)
    assert "is a share" in refused(capsys, tmp_path / "few", *out, "--hold-out", 2)
    assert "too few files to learn from (1," in refused(capsys, tmp_path / "few", *out)
    both = (tmp_path / "few", tmp_path / "more")
    assert "too few files to learn from (2," in refused(capsys, *both, *out)


def test_what_is_trained_binds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a training was begun, other settings are refused before anything is read."""
    write_tree(tmp_path / "few", {"a.py": code("a"), "b.py": code("b")})
    beginning = {"projects": [str(tmp_path / "other")]}
    write_tree(tmp_path / "out", {"made_with.json": json.dumps(beginning)})
    sentence = refused(capsys, tmp_path / "few", "--out", tmp_path / "out")
    assert "was begun with projects" in sentence
    assert not (tmp_path / "out" / "sources").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--server", "/no/such/server --stdio"], "There is no program '/no/such/server'"),
        (["--start", "/no/such/model"], "There is no model in /no/such/model (--start)"),
        (["--out", str(SHIPPED)], "holds something else (meta.json)"),
    ],
    ids=["server", "start", "out"],
)
def test_what_would_fail_later_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], sentence: str
) -> None:
    """A wrong server or start, and an --out that is a model's own folder, cost no hour of training."""
    write_tree(tmp_path / "project", {"a.py": code("a")})
    out = tmp_path / "out"
    assert sentence in refused(capsys, tmp_path / "project", "--out", out, *given)
    assert not out.exists() and not (SHIPPED / "sources").exists()


def test_a_project_without_a_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A repository that has none yet is told so: what is learnt from are the files of a commit."""
    write_tree(tmp_path / "new", {"a.py": code("a")})
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True)
    sentence = refused(capsys, tmp_path / "new", "--out", tmp_path / "out")
    assert "new has no commit yet: commit its files, then start again." in sentence


def test_a_project_that_has_changed_since(tmp_path: Path) -> None:
    """Another day's files are another training: the sentence says what to delete, or to name."""
    beginning = tmp_path / "made_with.json"
    finetune.check_unchanged(beginning, 5)
    beginning.write_text('{"tokens": 5}')
    finetune.check_unchanged(beginning, 5)
    with pytest.raises(
        LearnError, match=r"have changed since .* delete it, or choose another folder"
    ):
        finetune.check_unchanged(beginning, 6)


def test_a_share_of_nothing_holds_nothing_out(tmp_path: Path) -> None:
    """With --hold-out-files 0 all files of all projects are learnt from; with .99 one of each is still."""
    for name in ("one", "two"):
        files = {f"{name}{index}.py": code(f"{name}{index}") for index in range(3)}
        write_tree(tmp_path / "sources" / name, files)
    given = ["--sources", str(tmp_path / "sources"), "--any-licence", "--jobs", "1"]
    for share, trained_on in (("0", 6), ("0.99", 2)):
        out = tmp_path / share
        assert corpus.main([*given, "--out", str(out), "--hold-out-files", share]) == 0
        assert len(paths(out, "train")) == trained_on
