"""What the mixture promises of a network that was trained on some of the lists' repositories.

In:   made-up lists, whose truth only some columns know.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sibyl.learn.evaluation import cross_validation, mix  # noqa: E402
from sibyl.learn.evaluation.recorded_list import RecordedList  # noqa: E402
from sibyl.learn.metrics import rank_of  # noqa: E402
from sibyl.ranking.member_columns import COLUMNS, NAMES  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]
OPTIONS = mix.parser().parse_args(
    "--menus x --sources x --model x --units 4 --seeds 1 --folds 2 --epochs 40".split()
)
OTHERS = ("seven", "thirteen")


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


def test_only_lists_it_was_not_trained_on_are_judged() -> None:
    """Calibration and stars are read off repositories that the network does not know."""
    sites = lists("one", read=True) + lists("seven", read=False) + lists("thirteen", read=False)
    judged = mix.learn(sites, None, OPTIONS, ("file",))["left_out"]
    assert isinstance(judged, dict)
    assert (200, 2, 100) == tuple(judged[name] for name in ("sites", "repositories", "read_sites"))
