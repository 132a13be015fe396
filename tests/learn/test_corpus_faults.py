"""The corpus stage under people and machines: killed, given nonsense, out of disk.

In: tiny repositories.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path

import pytest
from small_repositories import (
    code,
    last_line,
    make_repositories,
    make_repository,
    paths,
    report,
    run,
    start,
    write_list,
)

from sibyl.errors import LearnError
from sibyl.learn.corpus import stage as corpus
from sibyl.learn.corpus.stores import blob_id

pytestmark = pytest.mark.learn


def test_killed_and_started_again(sources: Path, tmp_path: Path) -> None:
    """Killed without warning, the stage goes on where it was and ends with the same bytes."""
    listed = make_repositories(sources, tmp_path / "train.tsv", 4, 20, 60)
    arguments = ["corpus", "--list", listed, "--sources", sources, "--jobs", 1, "--out"]
    killed = start(*arguments, tmp_path / "killed", start_new_session=True)
    parts = tmp_path / "killed" / "parts"
    deadline = time.monotonic() + 60
    while not (parts.is_dir() and any(parts.glob("*.npz"))) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    first = {path: path.stat().st_mtime_ns for path in parts.glob("*.npz")}
    assert first
    assert 0 == run(*arguments, tmp_path / "killed")[0]
    assert first.items() <= {path: path.stat().st_mtime_ns for path in parts.glob("*.npz")}.items()
    assert 0 == run(*arguments, tmp_path / "whole")[0]
    for name in ("corpus.jsonl.gz", "corpus.json"):
        whole = (tmp_path / "whole" / name).read_bytes()
        assert whole == (tmp_path / "killed" / name).read_bytes()


def test_bad_input_gives_one_sentence(sources: Path, tmp_path: Path) -> None:
    """Whatever is wrong with the input, the exit status says so and one sentence says what."""
    commit = make_repository(sources, "a/a", {"tiny.py": "x = 1\n"})
    good = write_list(tmp_path / "good.tsv", [("a/a", commit, "MIT")])
    absent = write_list(tmp_path / "absent.tsv", [("b/b", commit, "MIT")])
    wrong = write_list(tmp_path / "wrong.tsv", [("a/a", "1" * 40, "MIT")])
    both = write_list(tmp_path / "both.tsv", [("a/a", commit, "MIT")])
    (tmp_path / "headless.tsv").write_text("a/a\tsomething\n")
    (tmp_path / "binary.tsv").write_bytes(b"\xff\xfe\0")
    place = ["--sources", sources, "--out", tmp_path / "out"]
    cases: list[tuple[list[object], str]] = [
        (["--list", tmp_path / "none.tsv", *place], "Cannot read the list"),
        (["--list", tmp_path / "headless.tsv", *place], "no `repository` column"),
        (["--list", tmp_path / "binary.tsv", *place], "not UTF-8"),
        (["--list", absent, *place], "missing"),
        (["--list", wrong, *place], "missing"),
        (["--list", good, *place], "No file is left"),
        (["--list", good, "--list", both, *place], "two splits"),
        (["--list", good, "--sources", tmp_path / "nowhere", "--out", tmp_path], "no sources"),
    ]
    for arguments, sentence in cases:
        with pytest.raises(LearnError, match=sentence) as caught:
            corpus.main([*map(str, arguments), "--jobs", "1"])
        assert 1 == len(str(caught.value).splitlines())
    status, output = run("corpus", "--list", absent, *place)
    assert 1 == status
    assert "Traceback" not in output
    assert last_line(output).startswith("sibyl.learn corpus: ")
    assert 2 == run("nonsense")[0]


def test_damaged_files_are_counted(sources: Path, tmp_path: Path) -> None:
    """A file that git cannot give back is left out and counted, and the others are kept."""
    files = {"a.py": code("damaged"), "b.py": code("whole")}
    commit = make_repository(sources, "a/a", files)
    listed = write_list(tmp_path / "train.tsv", [("a/a", commit, "MIT")])
    blob = blob_id(code("damaged").encode())
    damaged = sources / "a+a" / "repo" / "objects" / blob[:2] / blob[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"nonsense")
    place = ["--list", str(listed), "--sources", str(sources), "--out", str(tmp_path / "out")]
    assert 0 == corpus.main([*place, "--jobs", "1"])
    assert {"b.py"} == paths(tmp_path / "out", "train")
    assert 1 == report(tmp_path / "out")["splits"]["train"]["dropped: absent"]


def test_full_disk(sources: Path, tmp_path: Path) -> None:
    """When no more can be written, the sentence names the file and no half file has its name."""
    commit = make_repository(sources, "a/a", {f"{i}.py": code(f"w{i}") for i in range(30)})
    listed = write_list(tmp_path / "train.tsv", [("a/a", commit, "MIT")])

    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    status, output = run(
        "corpus", "--list", listed, "--sources", sources, "--out", tmp_path / "out", "--jobs", 1,
        preexec_fn=small_files_only,
    )  # fmt: skip
    assert 1 == status
    assert "Traceback" not in output
    assert "Cannot write" in last_line(output)
    assert not list((tmp_path / "out").rglob("*.npz"))
    assert not list((tmp_path / "out").rglob("*.part"))


def test_the_door_explains_all_stages() -> None:
    """--help lists every stage in order, without importing any of them."""
    status, output = run("--help")
    assert 0 == status
    order = [output.index(f"  {stage} ") for stage in
             ("corpus", "streams", "train", "export", "quantize", "evaluate")]  # fmt: skip
    assert sorted(order) == order
