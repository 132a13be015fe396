"""A small world whose ranks can be counted by hand: a network of known logits, weights, two repositories.

Out:  `Known` (stands in for the model), `world` (files and recorded lists), `KNOWN` (logits).

The weights of the mixture are powers of ten: what the person accepted outweighs what other files use, that
outweighs what this file uses, and that outweighs the network. Ranks follow by comparing one after the other.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from standin import Placed

from sibyl.learn.corpus.stores import blob_id
from sibyl.ranking.features.member_columns import FEATURES_VERSION
from sibyl.ranking.features.word_columns import WORD_FEATURES_VERSION
from sibyl.ranking.mix import packed

KNOWN = {"patch": 5.0, "post": 4.0, "close": 3.0, "put": 2.0, "get": 1.0}
"""The network's logit of each name, 0 for all others."""
MEASURED = (
    "import client\nclient.get()\nclient.get()\nclient.post()\nclient.post()\n"
    "client.put()\nclient.put()\nclient.put()\n"
)
"""Lists are recorded before both uses of `post`; what stands below must not count."""
OTHER = "import client\nclient.close()\n"
REPLY = [["post", 2, "3"], ["patch", 2, "5"], ["close", 2, "4"], ["put", 2, "2"], ["get", 2, "1"]]
"""As the server sent it; by its sort texts, `get put post close patch` is meant."""
BY_SORT = ["get", "put", "post", "close", "patch"]


class Known(Placed):
    """A network without a state, whose logit of every name is written down."""

    hash = "golden"
    size = 1

    def __init__(self, folder: Path) -> None:
        self.meta = json.loads((folder / "meta.json").read_text())
        self.begin = (np.zeros(1), np.zeros(1))

    def members(self) -> list[str]:
        """No names of its own."""
        return []

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return each text's logit as its vector."""
        return np.asarray([[KNOWN.get(text, 0.0)] for text in texts], np.float32)

    def step(self, vectors: np.ndarray, state: tuple) -> tuple:  # noqa: ARG002 (as in Model)
        """Return what is predicted, always the same."""
        return np.ones(1, np.float32), state


def linear(version: int, **weights: float) -> dict:
    """Return a sidecar's entry: a weighted sum of a few features, without units."""
    return {
        "version": version,
        "features": list(weights),
        "hidden": packed([]),
        "out": packed(list(weights.values())),
        "star": 0.5,
    }


def model(folder: Path) -> Path:
    """Write the sidecar, which is all that `Known` reads, and return its folder."""
    folder.mkdir()
    members = {"receiver_count": 10, "project_origin_count": 100, "person_origin_weight": 1000}
    words = {"word_count": 10, "project_anywhere_count": 100, "person_anywhere_weight": 1000}
    meta = {
        "mix": linear(FEATURES_VERSION, network=1, **members),
        "mix_none": linear(FEATURES_VERSION, network=1),
        "mix_words": linear(WORD_FEATURES_VERSION, network=1, **words),
    }
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


def recorded(
    repo: str, path: str, text: str, at: int, member: str, menu: list, **more: object
) -> dict:
    """Return one line of a menus file."""
    given = {"repo": repo, "commit": "", "path": path, "blob": blob_id(text.encode())}
    return given | {"offset": at, "member": member, "menu": menu} | more


def write_sources(folder: Path, files: dict[str, str]) -> Path:
    """Write repositories as plain folders; a path begins with owner+name."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder


def write_menus(path: Path, lines: list[dict]) -> Path:
    """Write a menus file."""
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return path


def world(folder: Path) -> tuple[Path, Path]:
    """Write two repositories and the lists recorded in them; return the sources and the menus file.

    Three lists: before each `post` of the measured file, and one in another repository that uses nothing yet.
    """
    alone = "import client\nclient.post()\n"
    sources = write_sources(
        folder / "sources",
        {"me+mine/a.py": MEASURED, "me+mine/b.py": OTHER, "you+yours/a.py": alone},
    )
    first = MEASURED.index("client.post") + len("client.")
    second = MEASURED.index("client.post", first) + len("client.")
    lines = [
        recorded("you/yours", "a.py", alone, alone.index("post"), "post", REPLY),
        recorded("me/mine", "a.py", MEASURED, second, "post", REPLY),
        recorded("me/mine", "a.py", MEASURED, first, "post", REPLY),
    ]
    return sources, write_menus(folder / "menus.jsonl.gz", lines)
