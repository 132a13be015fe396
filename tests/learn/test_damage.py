"""What is damaged, half-made or not to be written to: one sentence, and nothing that passes for whole.

In: finished work of several stages, bytes turned over in it.
"""

from __future__ import annotations

import argparse
import errno
import gzip
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from small_repositories import code, last_line, make_repository, write_list, write_tree

from sibyl.errors import LearnError
from sibyl.learn import stages
from sibyl.learn.asked import number, whole
from sibyl.learn.corpus.sources import Sources, read_manifest
from sibyl.learn.evaluation.replay_store import settle, store_of
from sibyl.learn.evaluation.tables import put, tables
from sibyl.learn.io import read_list, whole_file
from sibyl.learn.menus.options import settings_of
from sibyl.learn.menus.resumable_jsonl import RowLog

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]


def turned_over(path: Path, share: float) -> None:
    """Turn over some bytes of a file, at this share of it."""
    data = bytearray(path.read_bytes())
    first = int(len(data) * share)
    for place in range(first, min(first + 40, len(data))):
        data[place] ^= 0x5A
    path.write_bytes(data)


def said_by(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a stage that must fail; returns the sentence it ends with."""
    assert stages.main([*map(str, words)]) == 1
    return last_line(capsys.readouterr().err)


def test_damaged_parts_are_made_again_or_told(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A part that is cut short is made again; one that is found damaged when it is read is named."""
    make_repository(sources, "a/a", {f"{name}.py": code(name, 60) for name in "abcdef"})
    at = ("--sources", sources, "--jobs", 1, "--out")
    for stage, more, out in (
        ("corpus", (), tmp_path / "corpus"),
        ("streams", ("--corpus", tmp_path / "corpus"), tmp_path / "streams"),
    ):
        given = (stage, *more, *at, out)
        assert stages.main([*map(str, given)]) == 0
        part = out / "parts" / "a+a.npz"
        whole_part = part.read_bytes()
        part.write_bytes(whole_part[: len(whole_part) // 2])
        assert stages.main([*map(str, given)]) == 0
        assert part.read_bytes()[:2] == b"PK" and len(part.read_bytes()) == len(whole_part)
        turned_over(part, 0.5)
        if stages.main([*map(str, given)]):
            sentence = last_line(capsys.readouterr().err)
            assert f"{part} is damaged; delete it and start the stage again." in sentence


def test_streams_that_are_half_made_again_are_none(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped while it writes over older streams, the stage leaves no sidecar that says they are whole."""
    make_repository(sources, "a/a", {f"{name}.py": code(name, 60) for name in "abcdef"})
    from sibyl.learn.streams import stage as streams

    corpus, out = tmp_path / "corpus", tmp_path / "streams"
    at = ["--sources", str(sources), "--jobs", "1", "--out"]
    assert stages.main(["corpus", *at, str(corpus)]) == 0
    assert streams.main(["--corpus", str(corpus), *at, str(out)]) == 0

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(streams, "rows_of", stop)
    with pytest.raises(KeyboardInterrupt):
        streams.main(["--corpus", str(corpus), *at, str(out)])
    assert (out / "train.tokens.npy").exists() and not (out / "streams.json").exists()


def test_a_disk_that_may_only_be_read_from_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not even the half-written file can be taken away, the sentence is of the file that was wanted."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with (
        pytest.raises(LearnError, match=r"Cannot write .*x\.json: Read-only"),
        whole_file(tmp_path / "x.json"),
    ):
        pass


def test_folders_that_cannot_be_made_are_told(
    streams: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An --out below a file is refused in one sentence."""
    pytest.importorskip("torch")
    write_tree(tmp_path, {"file": ""})
    out = tmp_path / "file" / "out"
    models = Path(__file__).parents[2] / "models"
    corpus = streams.parent / "corpus"
    given = ("--corpus", corpus, "--sources", streams.parent / "sources")
    assert "Cannot write" in said_by(capsys, "streams", *given, "--out", out)
    assert "is quantized already" in said_by(capsys, "quantize", "--model", models, "--out", out)


@pytest.mark.parametrize("name", ["sibyl.onnx", "rows.npy", "vocab.txt"])
def test_a_damaged_float_model_is_not_quantized(
    streams: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Bytes that are not those of export are not made into a model that passes for whole."""
    pytest.importorskip("torch")
    run, floats = tmp_path / "run", tmp_path / "float"
    sizes = "--hidden 24 --embedding 16 --lanes 4 --length 32 --sample 100".split()
    steps = "--steps 2 --every 2 --warm 1 --val-steps 0 --threads 1".split()
    given = ["--streams", str(streams), "--out"]
    assert stages.main(["train", *given, str(run), *sizes, *steps]) == 0
    assert stages.main(["export", "--run", str(run), *given, str(floats)]) == 0
    turned_over(floats / name, 0.6)
    capsys.readouterr()
    said_by(capsys, "quantize", "--model", floats, "--out", tmp_path / "model")
    assert not (tmp_path / "model").exists()
    (floats / name).unlink()
    said_by(capsys, "quantize", "--model", floats, "--out", tmp_path / "model")


def test_a_server_that_never_answered_does_not_bind(tmp_path: Path) -> None:
    """As long as nothing is recorded, the same file may be asked for with another server; then no more."""
    out = tmp_path / "m.jsonl.gz"
    RowLog(out, {"server": "wrong"})
    log = RowLog(out, {"server": "right"})
    log.append("a/a", [{"menu": None}])
    with pytest.raises(LearnError, match="begun with server right"):
        RowLog(out, {"server": "wrong"})
    assert RowLog(out, {"server": "right"}).finished == {"a/a"}


def test_settings_are_an_object() -> None:
    """JSON that is no object cannot be asked for sections, and is refused."""
    with pytest.raises(LearnError, match="not a JSON object"):
        settings_of(argparse.Namespace(settings="[3]", auto_imports=True), "")


def test_an_open_quote_is_no_command(tmp_path: Path) -> None:
    """A server's command that no shell could read is refused in one sentence."""
    from sibyl.learn.menus.lsp_client import Server

    for line in ("ty 'server", ""):
        with pytest.raises(LearnError, match="is not the command of a language server"):
            Server(line, tmp_path, {})


def test_lists_of_spreadsheets_are_read(tmp_path: Path) -> None:
    """A mark at the begin of a list, and digits that are no number, do no harm."""
    listed = tmp_path / "l.tsv"
    listed.write_text("\ufeffrepository\tcommit\ttokens\na/a\t\t²\n", "utf-8")
    assert [(row.name, row.tokens) for row in read_list(listed)] == [("a/a", 0)]


def test_a_missing_commit_is_told_apart(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a repository that is there, the warning says that the commit is what is missing."""
    make_repository(sources, "a/a", {"a.py": code("a")})
    listed = write_list(tmp_path / "train.tsv", [("a/a", "1" * 40, "MIT")])
    given = ("--list", listed, "--sources", sources, "--jobs", 1, "--out", tmp_path / "out")
    assert stages.main(["corpus", *map(str, given)]) == 1
    errors = capsys.readouterr()
    assert f"with the commit {'1' * 40}" in errors.out + errors.err


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (whole(1), ["1", "12"], ["0", "-1", "x", "1.5", "", "nan"]),
        (number(above=True), ["0.1", "3"], ["0", "-1", "nan", "inf", "x"]),
        (number(most=1), ["0", "1"], ["1.1", "-0.1"]),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused(
    kind: object, good: list[str], bad: list[str]
) -> None:
    """Each option takes the numbers that mean something, and argparse says which."""
    assert callable(kind)
    assert [kind(text) for text in good] == [float(text) for text in good]
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError, match=r"at least|above"):
            kind(text)


@pytest.mark.parametrize(
    "words",
    [
        "train --streams x --out x --lanes 0", "train --streams x --out x --every 0",
        "train --streams x --out x --device nothing", "streams --corpus x --sources x --out x --dev -1",
        "corpus --sources x --out x --jobs 0", "tune --streams x --out x --trials 0",
        "ablate --streams x --out x --steps 0", "menus --list x --out x --letters ²",
    ],
)  # fmt: skip
def test_each_stage_refuses_such_numbers(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is read, with the name of the option and status 2."""
    pytest.importorskip("torch")
    with pytest.raises(SystemExit) as left:
        stages.main(words.split())
    assert left.value.code == 2
    assert f"argument {words.split()[-2]}: " in last_line(capsys.readouterr().err)


def test_what_evaluate_cannot_read_is_told(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model folder or a document that is not there: one sentence that names it."""
    line = {
        "repo": "a/a",
        "commit": "",
        "path": "a.py",
        "blob": "",
        "offset": 0,
        "member": "b",
        "menu": [],
    }
    menus = tmp_path / "m.jsonl.gz"
    menus.write_bytes(gzip.compress(json.dumps(line).encode() + b"\n"))
    given = ("evaluate", "--menus", menus, "--sources", sources, "--model", tmp_path / "none")
    assert said_by(capsys, *given).endswith(f"There is no model folder {tmp_path / 'none'}.")
    with pytest.raises(LearnError, match=r"The document .*none\.md cannot be read"):
        put(tmp_path / "none.md", {})


def test_a_plain_folder_that_changed_is_remembered_anew(sources: Path, tmp_path: Path) -> None:
    """A folder without commits has another memory in its store after each change, and the same without one."""
    stores = tmp_path / "stores"
    stores.mkdir()
    for name, count in (("a", 1), ("a", 1), ("b", 2)):
        write_tree(sources / "mine", {f"{name}.py": code(name)})
        with closing(Sources(sources)) as reader:
            store_of(reader, "mine", "", stores).close()
        assert len(list(stores.glob("*.sqlite"))) == count


def test_few_repositories_have_no_interval() -> None:
    """A bootstrap over one repository has no width; the table says that nothing is known."""
    orders = {"full": {"top1": 0.5, "top5": 0.5, "mrr": 0.5, "top1_interval": (0.5, 0.5)}}
    result = {
        "sites": 2, "repositories": 1, "menus": 2, "memory": "file", "model": "m", "orders": orders,
        "slices": {"full": {}}, "letters": {}, "memories": {"none": {}},
        "full": {"above": {}, "ece": 0.0, "stars": {"share": 0.0, "precision": 0.0}},
    }  # fmt: skip
    assert "| full | 0.500 | not known |" in tables(result)[0]
    assert "| full | 0.500 | 0.500-0.500 |" in tables(result | {"repositories": 5})[0]


def test_a_memory_whose_log_is_left_is_none(tmp_path: Path) -> None:
    """Where a full disk kept the log from being written back, no store stays that would pass for whole."""
    part = tmp_path / "mine.sqlite.part"
    base = sqlite3.connect(part)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("CREATE TABLE t (c)")
    with pytest.raises(LearnError, match="the disk may be full"):
        settle(part)  # still open: as if closing had not written it back
    base.close()
    assert not list(tmp_path.iterdir())
    sqlite3.connect(part).close()
    settle(part)


def test_a_name_that_is_no_text_is_left_out(sources: Path, tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is in no corpus and no memory, and keeps no other file from them."""
    write_tree(sources / "mine", {f"{name}.py": code(name) for name in "ab"})
    try:
        (sources / "mine" / os.fsdecode(b"n\xff.py")).write_text(code("c"))
    except OSError:
        pytest.skip("this file system has only names that are text")
    given = ("--sources", sources, "--out", tmp_path / "out", "--jobs", 1)
    assert stages.main(["corpus", *map(str, given)]) == 0
    assert {entry.path for entry in read_manifest(tmp_path / "out")} == {"a.py", "b.py"}
    with closing(Sources(sources)) as reader:
        store_of(reader, "mine", "", tmp_path / "stores").close()
