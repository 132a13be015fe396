"""What the mixture promises of a network that was trained on some of the lists' repositories.

In:   made-up lists, whose truth only some columns know.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.evaluation import cross_validation, mix, mixture  # noqa: E402
from sibyl.learn.evaluation.evaluate import mixtures  # noqa: E402
from sibyl.learn.evaluation.recorded_list import RecordedList  # noqa: E402
from sibyl.learn.evaluation.schema import MEMBERS, WORDS  # noqa: E402
from sibyl.learn.metrics import rank_of  # noqa: E402
from sibyl.ranking.features.member_columns import COLUMNS, FEATURES_VERSION, NAMES  # noqa: E402
from sibyl.ranking.mix import Mix, packed  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]
OPTIONS = mix.parser().parse_args(
    "--menus x --sources x --model x --units 4 --seeds 1 --folds 2 --epochs 80".split()
)
OTHERS = ("seven", "thirteen")
SHIPPED = Path(__file__).parents[2] / "models"


def lists(repo: str, read: bool, many: int = 100) -> list[RecordedList]:
    """Lists of five: the network knows the truth where it was trained, counts know it in two of three."""
    rng = np.random.default_rng(len(repo))
    sites = []
    for _ in range(many):
        truth = int(rng.integers(5))
        rows = np.zeros((5, len(NAMES)), np.float32)
        rows[truth if read else rng.integers(5), COLUMNS["network"]] = 3
        rows[truth if rng.random() < 0.67 else rng.integers(5), COLUMNS["origin_count"]] = 3
        names = list("abcde")
        fields = {"names": names, "truth": truth, "rows": rows, "logits": rows[:, 0], "read": read}
        more = {"origin": "", "before": "", "files": 0, "kind": "known", "path": "a.py"}
        sites.append(RecordedList(repo=repo, member=names[truth], **fields, **more))
    return sites


def share_first(sites: list[RecordedList]) -> float:
    """How often the truth is first in the lists of ``others``, where its repository was left out."""
    left_out = cross_validation.left_out(sites, list(range(len(NAMES))), OPTIONS, ("file",))["file"]
    return float(
        np.mean(
            [rank_of(scores, site.truth) == 1 for site, scores in left_out if site.repo in OTHERS]
        )
    )


def test_what_the_network_knows_by_heart_is_not_trusted_elsewhere() -> None:
    """Lists of repositories it was trained on teach the rest; they do not make others' orders worse."""
    known = [site for name in ("one", "three") for site in lists(name, read=True, many=250)]
    others = [site for name in OTHERS for site in lists(name, read=False)]
    share = share_first(known + others)
    untold = share_first([replace(site, read=False) for site in known] + others)
    assert share > 0.6 > untold


def words(listed: str, letters: int, many: int, before: str = "=") -> list[RecordedList]:
    """Lists of words, all behind the same token."""
    rows = np.zeros((2, len(WORDS.names)), np.float32)
    rows[:, WORDS.columns[f"before_{before}"]] = 1
    (site,) = lists("one", read=False, many=1)
    at = {"listed": listed, "letters": letters, "names": ["a", "b"], "truth": 0}
    return [replace(site, rows=rows, **at)] * many


def test_keywords_are_learnt_in_the_proportion_of_the_code() -> None:
    """There are 52 for 100 names, a quarter of that at the begin of a statement untyped; the rest stays."""
    sites = [*words("name", 0, 1000), *words("name", 1, 1000), *words("import", 0, 50)]
    begun = words("reserved", 0, 1000, "<nl>"), words("reserved", 1, 1000, "<nl>")
    drawn = mix.in_proportion([*sites, *words("reserved", 0, 1000), *begun[0], *begun[1]])
    assert drawn[: len(sites)] == sites
    newline = WORDS.columns["before_<nl>"]
    counts = [
        sum(
            site.letters == letters and bool(site.rows[0, newline]) is begins
            for site in drawn[2050:]
        )
        for letters, begins in ((0, False), (0, True), (1, True))
    ]
    assert 210 < counts[0] < 310 and 40 < counts[1] < 95 and 460 < counts[2] < 580
    few = [*sites, *words("reserved", 1, 20)]
    assert mix.in_proportion(few) == few


def test_learning_on_begins_with_the_weights_that_are_there(tmp_path: Path) -> None:
    """A mixture that is begun with scores as it did, older weights too; a little learning leaves it near."""
    entry = weights(0, 3) | {"version": FEATURES_VERSION - 1}
    (tmp_path / "meta.json").write_text(json.dumps({"mix": entry}))
    begun = mix.begun_with(tmp_path)
    assert list(begun) == ["mix"]
    sites = [site for name in OTHERS for site in lists(name, read=False, many=20)]
    rows = sites[0].rows
    wanted = begun["mix"].scores(rows)
    many = len(NAMES)
    mixture_of = mixture.Mixture(range(many), torch.rand(many), torch.rand(many) + 0.5, 3)
    mixture_of.begin_with(begun["mix"])
    again = mixture_of(torch.from_numpy(rows)).detach().numpy()
    assert np.allclose(again - again[0], wanted - wanted[0], atol=1e-4)
    options = argparse.Namespace(**vars(OPTIONS) | {"begun": begun, "epochs": 1})
    (learnt,) = mixture.fit_all(sites, list(range(many)), options, ("file",))
    near = learnt(torch.from_numpy(rows)).detach().numpy()
    assert np.abs((near - near[0]) - (wanted - wanted[0])).max() < 0.5
    with pytest.raises(LearnError, match="no weights to begin with"):
        mix.begun_with(tmp_path / "elsewhere")


def test_each_mixture_is_learnt_on_from_its_own_weights(tmp_path: Path) -> None:
    """The one without memory begins with that of the model, not with the one that trusts memory."""
    entries = {"mix": weights(0, 3), "mix_none": weights(1, 2)}
    (tmp_path / "meta.json").write_text(json.dumps(entries))
    begun = {"begun": mix.begun_with(tmp_path), "epochs": 1}
    options = argparse.Namespace(**vars(OPTIONS) | begun)
    sites = [site for name in OTHERS for site in lists(name, read=False, many=20)]
    for views, units in ((("file", "project"), 3), (mixture.NOTHING, 2)):
        (learnt,) = mixture.fit_all(sites, list(range(len(NAMES))), options, views)
        assert len(learnt.folded()[1]) == units
    del begun["begun"]["mix_none"]
    (fresh,) = mixture.fit_all(sites, list(range(len(NAMES))), options, mixture.NOTHING)
    assert len(fresh.folded()[1]) == OPTIONS.units, "learnt from nothing where there is none"


def test_only_lists_it_was_not_trained_on_are_judged() -> None:
    """Calibration and stars are read off repositories that the network does not know."""
    sites = lists("one", read=True) + lists("seven", read=False) + lists("thirteen", read=False)
    judged = mix.learn(sites, None, OPTIONS, ("file",))["left_out"]
    assert isinstance(judged, dict)
    assert (200, 2, 100) == tuple(judged[name] for name in ("sites", "repositories", "read_sites"))


def weights(seed: int, units: int) -> dict[str, Any]:
    """A sidecar's entry with weights drawn by a seed."""
    rng = np.random.default_rng(seed)
    return {
        "version": FEATURES_VERSION,
        "features": list(NAMES),
        "hidden": packed(rng.normal(size=(len(NAMES) + 1, units))),
        "out": packed(rng.normal(size=units + len(NAMES))),
        "star": 0.5 + seed / 10,
        "left_out": {"seed": seed},
    }


def test_blended_weights_score_what_both_score_on_average(tmp_path: Path) -> None:
    """Half of a mixture may be that of a model whose lists are gone; what is no such model is refused."""
    newer, older = weights(1, 3), weights(2, 5)
    both = mixture.blended(newer, older)
    rows = np.random.default_rng(3).normal(size=(7, len(NAMES))).astype(np.float32)
    mean = (Mix(newer).scores(rows) + Mix(older).scores(rows)) / 2
    assert Mix(both).scores(rows) == pytest.approx(
        mean, abs=0.3
    )  # float16, of hundreds of products
    assert np.corrcoef(Mix(both).scores(rows), mean)[0, 1] > 0.9999
    assert both["star"] == pytest.approx(0.65)
    (tmp_path / "meta.json").write_text(json.dumps({"mix": newer}))
    assert mix.weights_of(tmp_path) == mix.weights_of(tmp_path / "meta.json") == newer
    for wrong in ({}, {"mix": newer | {"version": 0}}, {"mix": newer | {"out": "?"}}):
        (tmp_path / "meta.json").write_text(json.dumps(wrong))
        with pytest.raises(LearnError, match="to blend with"):
            mix.weights_of(tmp_path)


def test_blending_leaves_set_weights_as_they_are() -> None:
    """A column that neither half has learnt keeps the weight that is set for it."""
    learnt = [name for name in NAMES if name not in MEMBERS.unlearnt]
    halves = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        hidden, out = rng.normal(size=(len(learnt) + 1, 3)), rng.normal(size=3 + len(learnt))
        own = {"features": learnt, "hidden": packed(hidden), "out": packed(out)}
        halves.append(weights(seed, 3) | own)
    both = mixture.blended(*halves)
    assert both["features"] == learnt
    for name, weight in MEMBERS.unlearnt.items():
        shipped = Mix(both, unlearnt=MEMBERS.unlearnt)
        assert shipped.weights[NAMES.index(name), -1] == np.float32(weight)


def test_without_memory_no_set_weight_counts() -> None:
    """What the tables call `int8` knows what the network, the server and the name say, nothing else."""
    without, with_memory = mixtures(SHIPPED)
    columns = [NAMES.index(name) for name in MEMBERS.unlearnt]
    assert not without.weights[columns].any() and with_memory.weights[columns, -1].all()


def test_what_recorded_lists_say_nothing_of_is_not_learnt() -> None:
    """Their weights are set, whatever a mixture has learnt: no draw of first weights ever counts."""
    rng = np.random.default_rng(1)
    sites = [
        replace(site, listed="name", rows=rng.normal(size=(5, len(WORDS.names))).astype(np.float32))
        for name in ("one", "seven")
        for site in lists(name, read=False, many=10)
    ]
    weights = mix.learn(sites, None, OPTIONS, ("file",))
    assert set(weights["features"]) == set(WORDS.names) - set(WORDS.unlearnt)
    rows = np.zeros((2, len(WORDS.names)), np.float32)
    for name, weight in WORDS.unlearnt.items():
        rows[1] = 0
        rows[1, WORDS.columns[name]] = 1
        plain, marked = Mix(weights, WORDS.names, WORDS.version, WORDS.unlearnt).scores(rows)
        assert marked - plain == pytest.approx(weight)
