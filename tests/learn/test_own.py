"""A model of one's own project: files held out, mixing weights kept, both models measured.

In:   small projects, the shipped model, a fake language server.
"""

from __future__ import annotations

import gzip
import json
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from small_repositories import code, last_line, make_repository, paths, write_tree

torch = pytest.importorskip("torch")

from sibyl.errors import LearnError, ModelError  # noqa: E402
from sibyl.learn import stages  # noqa: E402
from sibyl.learn.corpus import stage as corpus  # noqa: E402
from sibyl.learn.evaluation.paired import verdict  # noqa: E402
from sibyl.learn.export import quantize  # noqa: E402
from sibyl.learn.export import stage as export  # noqa: E402
from sibyl.learn.menus import options as menu_options  # noqa: E402
from sibyl.learn.menus import stage as menus  # noqa: E402
from sibyl.learn.recipes import finetune, surroundings  # noqa: E402
from sibyl.learn.streams import stage as streams  # noqa: E402
from sibyl.learn.training import stage as train  # noqa: E402
from sibyl.network.model import MIXES, Model  # noqa: E402
from sibyl.ranking.ranker import Ranker  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]

SHIPPED = Path(__file__).parents[2] / "models"
SERVER = Path(__file__).with_name("fake_language_server.py")
KNOWN = "    self.alpha(self.beta)\n" * 8  # what the fake server lists
FILES = {
    f"pkg/f{i}.py": f"{code(f'n{i}', 6)}\ndef go_{i}(self):\n{KNOWN}    return self.beta\n"
    for i in range(20)
}


@pytest.fixture
def project(sources: Path) -> Path:
    """A sources folder that holds one git repository of 20 files."""
    make_repository(sources, "me/mine", dict(FILES))
    return sources


def make_corpus(sources: Path, out: Path, *more: object) -> Path:
    """Run the corpus stage with a quarter of the files held out."""
    given = ("--sources", sources, "--out", out, "--hold-out-files", 0.25, "--jobs", 1, *more)
    assert corpus.main([*map(str, given), "--any-licence"]) == 0
    return out


def make_streams(sources: Path, corpus: Path, out: Path, *more: object) -> dict:
    """Run the streams stage; returns its sidecar."""
    given = ("--corpus", corpus, "--sources", sources, "--out", out, "--jobs", 1, *more)
    assert streams.main([*map(str, given)]) == 0
    about: dict = json.loads((out / "streams.json").read_text())
    return about


def functions(corpus: Path, split: str) -> set[str]:
    """Return which of the projects' functions a split of the streams holds."""
    texts = gzip.decompress((corpus / "texts.txt.gz").read_bytes()).decode()
    words = np.array(texts.split("\n"))[np.load(corpus / f"{split}.tokens.npy")]
    return {f"pkg/f{word[3:]}.py" for word in words.tolist() if word.startswith("go_")}


def test_each_file_is_held_out_or_trained_on(project: Path, tmp_path: Path) -> None:
    """A share of the files is held out: the same for the same seed, others for another."""
    corpora = [make_corpus(project, tmp_path / name, "--seed", seed)
            for name, seed in (("a", 1), ("b", 1), ("c", 2))]  # fmt: skip
    held = [paths(out, "val") for out in corpora]
    assert [5, 5, 5] == [len(files) for files in held]
    assert held[0] == held[1] != held[2]
    assert all(
        paths(out, "train") == set(FILES) - files for out, files in zip(corpora, held, strict=True)
    )


def test_a_copy_of_a_held_out_file_is_not_trained_on(project: Path, tmp_path: Path) -> None:
    """What nearly equals a held-out file would give its members away."""
    copies = {path.replace("/f", "/copy_of_f"): text + "\n\n" for path, text in FILES.items()}
    make_repository(project, "me/twice", FILES | copies)
    corpus = make_corpus(project, tmp_path / "out")
    bodies = [FILES[path.replace("copy_of_", "")] for path in paths(corpus, "train")]
    assert not set(bodies) & {FILES[path.replace("copy_of_", "")] for path in paths(corpus, "val")}


def test_streams_keep_the_two_halves_apart(project: Path, tmp_path: Path) -> None:
    """One repository in both splits gives each its own tokens."""
    corpus = make_corpus(project, tmp_path / "corpus")
    about = make_streams(project, corpus, tmp_path / "streams")
    assert (5, 15) == (about["val"]["files"], about["train"]["files"])
    for split in ("val", "train"):
        assert functions(tmp_path / "streams", split) == paths(corpus, split)


def test_streams_follow_a_corpus_that_changed(project: Path, tmp_path: Path) -> None:
    """With other files held out, parts of an earlier run are not taken for theirs."""
    out = tmp_path / "streams"
    make_streams(project, make_corpus(project, tmp_path / "one"), out)
    assert functions(out, "val") == paths(tmp_path / "one", "val")
    make_streams(project, make_corpus(project, tmp_path / "two", "--seed", 2), out)
    for split in ("val", "train"):
        assert functions(out, split) == paths(tmp_path / "two", split)


def test_lists_come_from_held_out_files(project: Path, tmp_path: Path) -> None:
    """With --corpus the server is asked in files of the split alone."""
    corpus = make_corpus(project, tmp_path / "corpus")
    server = shlex.join([sys.executable, str(SERVER), str(tmp_path / "asked")])
    given = ("--corpus", corpus, "--sources", project, "--server", server, "--sites", 500,
             "--out", tmp_path / "m.jsonl.gz")  # fmt: skip
    assert menus.main([*map(str, given)]) == 0
    packed = (tmp_path / "m.jsonl.gz").read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    assert {row["path"] for row in rows} == paths(corpus, "val")
    with pytest.raises(LearnError, match="no file of the split other"):
        menus.main([*map(str, given), "--split", "other"])


def test_one_command_makes_a_model_and_measures_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a folder of code to a model the editor loads, with the shipped mixing weights; and a table."""
    write_tree(tmp_path / "mine", dict(FILES))
    server = shlex.join([sys.executable, str(SERVER), str(tmp_path / "asked")])
    given = [*f"own {tmp_path}/mine --out {tmp_path}/out --sites 12 --passes 1".split()]
    assert stages.main([*given, "--server", server]) == 0
    model, shipped = Model(tmp_path / "out" / "model"), Model(SHIPPED)
    for name in MIXES:
        assert model.meta[name] == shipped.meta[name]
    assert Ranker(model).mix is not None
    assert model.hash != shipped.hash
    output = capsys.readouterr().out
    for memory in ("none", "file", "project"):
        assert f"| {memory} | start |" in output and f"| {memory} | own |" in output
        assert f"\n| {memory} | MRR | " in output
    assert "\n| remembered | measure | start | own | gain | 95 % |\n" in output
    assert str(tmp_path / "out" / "model") in output.splitlines()[-1]
    assert (
        stages.main([*given, "--server", server, "--passes", "2"]) == 1
    )  # when it is finished, too
    assert "was begun with passes 1.0, not 2.0" in capsys.readouterr().err
    few = finetune.few_with_truth(tmp_path / "out" / "menus.jsonl.gz")
    assert ("warning: only" in output) == bool(few)
    assert "mine: no environment of its own" in output
    assert "with the project's memory" in output
    for words in (f":Sibyl model {tmp_path}/out/model\n", ":Sibyl model shipped\n"):
        assert words in output


def test_a_project_s_own_environment_is_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder .venv before venv before VIRTUAL_ENV; which it was is said; sibyl's own is nobody's."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    places = {name: tmp_path / name for name in ("both", "plain", "none")}
    for folder in ("both/.venv", "both/venv", "plain/venv", "active", "plain/.venv", "none"):
        write_tree(tmp_path / folder, {"bin/python": ""})
        if not folder.endswith(("plain/.venv", "none")):  # an environment is what has this file
            write_tree(tmp_path / folder, {"pyvenv.cfg": ""})
    interpreters, lines = surroundings.sentences(places)
    assert interpreters == {
        "both": tmp_path / "both/.venv/bin/python",
        "plain": tmp_path / "plain/venv/bin/python",
    }
    assert f"libraries of {tmp_path}/both/.venv (.venv)." in lines[0]
    assert f"libraries of {tmp_path}/plain/venv (venv)." in lines[1]
    assert "none: no environment of its own" in lines[2]
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    interpreters, lines = surroundings.sentences(places)
    assert interpreters["none"] == tmp_path / "active/bin/python" and "(VIRTUAL_ENV)." in lines[2]
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert "none" not in surroundings.sentences(places)[0]


def test_each_repository_has_its_interpreter() -> None:
    """What --python-of says of a repository reaches the server's settings; others have --python's."""
    given = "--so-far --out m --python /one --python-of me/mine=/two --python-of other=/three"
    options = menu_options.parser("").parse_args(given.split())
    for repo, python in (("me/mine", "/two"), ("other", "/three"), ("a/a", "/one")):
        assert menu_options.python_of(options, repo) == python
        settings = menu_options.settings_of(options, python)
        assert settings["ty"]["configuration"]["environment"]["python"] == python
    for wrong in ("me/mine", "=/two", "me/mine="):
        with pytest.raises(SystemExit):
            menu_options.parser("").parse_args(["--so-far", "--out", "m", "--python-of", wrong])


@pytest.mark.parametrize(("listed", "warns"), [(39, True), (40, False), (0, True), (100, False)])
def test_few_lists_with_the_truth_are_warned_of(tmp_path: Path, listed: int, warns: bool) -> None:
    """Below 40 % of lists that hold what was written, a sentence says what may be missing."""
    rows = [{"menu": [] if number < listed else None} for number in range(100)]
    with gzip.open(tmp_path / "m.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    warning = finetune.few_with_truth(tmp_path / "m.gz")
    assert bool(warning) == warns
    assert not warns or (f"only {listed}%" in warning and "VIRTUAL_ENV" in warning)


def test_one_sentence_tells_whether_the_gain_is_real(tmp_path: Path) -> None:
    """Better or worse where the interval leaves 0 out; else not known, by chance or with too few files."""
    up, down = [1, 2] * 20, [2, 4] * 20
    cases = [
        (down, up, 10, "The new model is better here with the project's memory (MRR +0.375"),
        (up, down, 10, "The new model is worse here with the project's memory (MRR -0.375"),
        (up, up, 10, "is not known: the difference may be chance (MRR +0.000"),
        (down, up, 4, "is not known: the difference is of fewer than 5 files"),
    ]
    for before, after, files, sentence in cases:
        paths_ = [tmp_path / "a.json", tmp_path / "b.json"]
        for path, ranks in zip(paths_, (before, after), strict=True):
            named = [str(number % files) for number in range(len(ranks))]
            path.write_text(json.dumps({"files": named, "ranks": {"project": ranks}}))
        assert sentence in verdict(*paths_, "project")


def test_a_model_from_nothing_can_take_mixing_weights(project: Path, tmp_path: Path) -> None:
    """Without lists to learn them from, --mix takes those of a model, of this version alone."""
    corpus = make_corpus(project, tmp_path / "corpus")
    make_streams(project, corpus, tmp_path / "streams", "--words", 100, "--pieces", 100)
    given = (
        f"--streams {tmp_path}/streams --out {tmp_path}/run --hidden 24 --embedding 16 --lanes 2"
    )
    train.main([*given.split(), *"--steps 2 --every 2 --warm 1 --sample 50 --threads 1".split()])
    ask = [*f"--run {tmp_path}/run --streams {tmp_path}/streams --out {tmp_path}/float".split()]
    export.main(ask)
    assert Ranker(Model(tmp_path / "float")).mix is None
    export.main([*ask, "--mix", str(SHIPPED)])
    quantize.main(["--model", str(tmp_path / "float"), "--out", str(tmp_path / "model")])
    assert Ranker(Model(tmp_path / "model")).mix is not None
    old = tmp_path / "old"
    old.mkdir()
    (old / "meta.json").write_text(json.dumps({"mix": {"version": 0}}))
    with pytest.raises(LearnError, match="no mixing weights for this version"):
        export.main([*ask, "--mix", str(old)])


def test_what_cannot_be_learned_from_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has its sentence, and no model appears."""
    write_tree(tmp_path / "few", dict(list(FILES.items())[:6]))
    write_tree(tmp_path / "no_code", {"README.md": "a.b"})
    copies = {path: code("same", 40) + f"last_{path[5:7]} = 1\n" for path in FILES}
    write_tree(
        tmp_path / "copies", {path.replace(".py", "_.py"): text for path, text in copies.items()}
    )
    write_tree(tmp_path / "other" / "few", {"a.py": code("a")})
    (tmp_path / "file").write_text("")
    cases = [
        ("nowhere", "There is no folder"),
        ("file", "There is no folder"),
        ("no_code", "No file is left"),
        ("few", "too few files"),
        (
            "copies",
            "Too few files are left to learn from (0, at least 8 are needed): 16 are copies",
        ),
        ("few other/few", "Two projects are called few"),
        ("few --hold-out 2", "is a share"),
    ]
    for number, (words, sentence) in enumerate(cases):
        named = [word if word[0] in "-2" else str(tmp_path / word) for word in words.split()]
        out = tmp_path / f"out{number}"
        assert stages.main(["own", *named, "--out", str(out)]) == 1
        line = last_line(capsys.readouterr().err)
        assert sentence in line and line.startswith("sibyl.learn own: ") and line.endswith(".")
        assert not (out / "model").exists()


def test_a_repository_is_not_a_folder_of_repositories(tmp_path: Path) -> None:
    """Given a project where the folder around it is meant, corpus says so."""
    write_tree(tmp_path / "mine", {".git/HEAD": "ref: refs/heads/main\n", "src/a.py": code("a")})
    with pytest.raises(LearnError, match="is itself a repository"):
        corpus.main(["--sources", str(tmp_path / "mine"), "--out", str(tmp_path / "out")])


def test_another_vocabulary_is_told(project: Path, tmp_path: Path) -> None:
    """Streams of other words than the start's, or a file that holds none, end in one sentence."""
    corpus = make_corpus(project, tmp_path / "corpus")
    make_streams(project, corpus, tmp_path / "streams", "--words", 100, "--pieces", 100)
    given = f"--streams {tmp_path}/streams --out {tmp_path}/run --start {SHIPPED} --lanes 2"
    with pytest.raises(LearnError, match="another vocabulary"):
        train.main(given.split())
    (tmp_path / "vocab.txt").write_text("words\n")
    with pytest.raises(ModelError, match="is not a vocabulary"):
        make_streams(project, corpus, tmp_path / "s2", "--vocab", tmp_path / "vocab.txt")
    assert not (tmp_path / "s2" / "streams.json").exists()
