"""Model: loading, refusing, vectors and steps.

In:   the shipped model, and damaged copies of it.
"""

from __future__ import annotations

import io
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sibyl.errors import ModelError
from sibyl.network.model import Model, published_hash


def meta(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """A damage: the sidecar changed."""

    def damage(folder: Path) -> None:
        sidecar = json.loads((folder / "meta.json").read_text("utf-8"))
        change(sidecar)
        (folder / "meta.json").write_text(json.dumps(sidecar), "utf-8")

    return damage


def cut(name: str) -> Callable[[Path], None]:
    """A damage: a file cut in the middle."""

    def damage(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return damage


def wrong_words(folder: Path) -> None:
    """A damage: a sound vocabulary of the same size that is not the model's."""
    lines = (folder / "vocab.txt").read_text("utf-8").split("\n")
    lines[-2] += "x"
    (folder / "vocab.txt").write_text("\n".join(lines), "utf-8")


def right_hash_of_a_wrong_graph(folder: Path) -> None:
    """A damage that only ONNX Runtime can see."""
    import hashlib

    (folder / "sibyl.onnx").write_bytes(b"no graph at all")
    wrong = hashlib.sha256(b"no graph at all").hexdigest()
    meta(lambda sidecar: sidecar["sha256"].update({"sibyl.onnx": wrong}))(folder)


def replaced(name: str, data: bytes) -> Callable[[Path], None]:
    """A damage: another file whose hash the sidecar knows."""
    import hashlib

    def damage(folder: Path) -> None:
        (folder / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        meta(lambda sidecar: sidecar["sha256"].update({name: digest}))(folder)

    return damage


def saved(*shape: int, kind: str = "<f4") -> bytes:
    """An array file of a shape."""
    file = io.BytesIO()
    np.save(file, np.zeros(shape, kind), allow_pickle=True)
    return file.getvalue()


DAMAGES = {
    "rows that are empty": (replaced("rows.npy", b""), "does not hold its rows"),
    "rows of no length": (replaced("rows.npy", saved(0, 130, kind="i1")), "does not hold its rows"),
    "rows that are objects": (
        replaced("rows.npy", saved(9, 9, kind="O")),
        "does not hold its rows",
    ),
    "rows that are a pickle": (replaced("rows.npy", pickle.dumps([1])), "does not hold its rows"),
    "rows of another width": (replaced("rows.npy", saved(22085, 7)), "does not hold its rows"),
    "a size of 1e9": (meta(lambda sidecar: sidecar["sizes"].update(hidden=10**9)), "sidecar"),
    "a size that is not whole": (
        meta(lambda sidecar: sidecar["sizes"].update(embedding=1.5)),
        "sidecar",
    ),
    "no kind of numbers": (meta(lambda sidecar: sidecar.pop("numbers")), "sidecar"),
    "no folder": (shutil.rmtree, "no model folder"),
    "no sidecar": (lambda folder: (folder / "meta.json").unlink(), "no meta.json"),
    "sidecar cut": (cut("meta.json"), "sidecar"),
    "sidecar is no table": (lambda folder: (folder / "meta.json").write_text("[]"), "sidecar"),
    "sidecar without sizes": (meta(lambda sidecar: sidecar.pop("sizes")), "sidecar"),
    "sidecar with another file": (meta(lambda sidecar: sidecar["sha256"].update(x="1")), "sidecar"),
    "no graph": (lambda folder: (folder / "sibyl.onnx").unlink(), "cannot be read"),
    "graph cut": (cut("sibyl.onnx"), "damaged"),
    "graph of another kind": (right_hash_of_a_wrong_graph, "cannot be run"),
    "no rows": (lambda folder: (folder / "rows.npy").unlink(), "cannot be read"),
    "rows cut": (cut("rows.npy"), "damaged"),
    "no vocabulary": (lambda folder: (folder / "vocab.txt").unlink(), "cannot be read"),
    "vocabulary cut": (cut("vocab.txt"), "cut short"),
    "vocabulary of another model": (wrong_words, "is not the model's"),
    "another stream": (meta(lambda sidecar: sidecar.update(stream_version=99)), "version"),
    "another model version": (meta(lambda sidecar: sidecar.update(model_version=99)), "version"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_model_is_refused_with_one_sentence(
    model_folder: Path, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    """Whatever is wrong with a model's folder, a person is told what, where, and what to do."""
    folder = tmp_path / "model"
    folder.mkdir()
    for path in Model.files(model_folder):
        shutil.copy(path, folder)
    damage(folder)
    with pytest.raises(ModelError) as caught:
        Model(folder)
    sentence = str(caught.value)
    assert words in sentence and str(folder) in sentence
    assert sentence[0].isupper() or sentence.startswith(str(folder))
    assert sentence.endswith(".") and "\n" not in sentence


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    """A wrong path is told as such."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="no model folder"):
        Model(tmp_path / "file")


def test_the_shipped_model_is_small(model_folder: Path) -> None:
    """The front page's promise: four megabytes, to a twentieth."""
    assert sum(path.stat().st_size for path in Model.files(model_folder)) <= 4.05e6


def test_vectors_do_not_depend_on_what_was_asked_before(model: Model, model_folder: Path) -> None:
    """A text has one vector, alone or among others, first or again, from a full cache or an empty one."""
    texts = ["append", "unheard_of", "(", "@numpy", "größe", "append", "", "@~x", "<nl>"]
    texts += [
        *model.members()[5:3000:50],
        "HTTPServer2",
        "_" * 9,
        "first_" + "middle_" * 20,
        "@a.b()",
    ]
    together = model.vectors(texts)
    assert together.shape == (len(texts), model.size) and together.dtype == np.float32
    assert np.isfinite(together).all()
    alone = Model(model_folder)
    for text, vector in reversed(list(zip(texts, together, strict=True))):
        assert np.array_equal(vector, alone.vectors([text])[0])
    alone.vectors([f"name_{index}" for index in range(5000)])
    assert np.array_equal(together, alone.vectors(texts))


def test_many_names_do_not_fill_the_memory(model_folder: Path) -> None:
    """Vectors are kept for a bounded number of names, and stay right when they are let go."""
    model = Model(model_folder)
    before = model.vectors(["append", "some_name"]).copy()
    for start in range(0, 45_000, 1500):
        model.vectors([f"n{index}" for index in range(start, start + 1500)])
    assert np.array_equal(before, model.vectors(["append", "some_name"]))
    assert len(model._vectors) <= 45_000


def test_steps_can_be_cut_anywhere(model: Model) -> None:
    """Reading tokens at once or one by one gives the same, to the last bit: typing equals opening."""
    texts = [f"name_{index % 13}" if index % 3 else "(" for index in range(70)]
    whole, state = model.step(model.vectors(texts), model.begin)
    for cuts in ((1,) * 70, (7, 63), (69, 1), (2, 30, 38)):
        at, carried = 0, model.begin
        for length in cuts:
            predicted, carried = model.step(model.vectors(texts[at : at + length]), carried)
            at += length
        assert np.array_equal(whole, predicted)
        assert np.array_equal(state[0], carried[0]) and np.array_equal(state[1], carried[1])


def test_the_first_state_stays_as_it_is(model: Model) -> None:
    """No step writes into the state all buffers begin with."""
    model.step(model.vectors(["a", "b"]), model.begin)
    assert not model.begin[0].any() and not model.begin[1].any()


def test_members_are_names(model: Model) -> None:
    """What the model offers of its own could be written after a dot."""
    assert len(model.members()) > 1000
    assert all(name.isidentifier() for name in model.members())


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "graph": lambda sidecar: sidecar["sha256"].update({"sibyl.onnx": "0"}),
    "rows": lambda sidecar: sidecar["sha256"].update({"rows.npy": "0"}),
    "vocabulary": lambda sidecar: sidecar.update(vocab="0"),
    "a size": lambda sidecar: sidecar["sizes"].update(hidden=1),
    "weights of members": lambda sidecar: sidecar["mix"].update(out=""),
    "stars of members": lambda sidecar: sidecar["mix"].update(star=0.1),
    "weights without memory": lambda sidecar: sidecar["mix_none"].update(hidden=""),
    "weights of words": lambda sidecar: sidecar["mix_words"].update(hidden=""),
    "no weights of words": lambda sidecar: sidecar.pop("mix_words"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_two_models_never_have_the_same_name(model: Model, change: str) -> None:
    """Whatever of the loaded parts differs, the published name does, too."""
    other = json.loads(json.dumps(model.meta))
    CHANGES[change](other)
    assert published_hash(other) != model.hash == published_hash(model.meta)


def test_what_was_measured_does_not_rename_a_model(model: Model) -> None:
    """Notes on training and measurement are no part of what is loaded."""
    other = json.loads(json.dumps(model.meta))
    other["training"] = {"rate": "1"}
    other["mix"]["left_out"] = {}
    assert published_hash(other) == model.hash
