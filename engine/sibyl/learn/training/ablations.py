"""What is taken away or changed in the data for an ablation, so that nothing else differs.

In: an open split, the table of rows, or a whole streams folder.  Out: the same with less in it, or with
another vocabulary.
"""

from __future__ import annotations

import gzip
import json
from argparse import Namespace
from collections import Counter
from pathlib import Path

import numpy as np

from sibyl.code.tokens import ORIGIN
from sibyl.errors import LearnError, first_line
from sibyl.learn.io import whole_file
from sibyl.learn.streams.stage import choose, rows_of
from sibyl.learn.training.batches import Shard

_MOST_IN_A_FILE = 20


def without_pieces(rows: np.ndarray) -> np.ndarray:
    """Return rows of whole texts only; a text that has none gets row 0, the unknown text."""
    whole = np.full_like(rows, -1)
    whole[:, 0] = np.maximum(rows[:, 0], 0)
    return whole


def without_origins(rows: np.ndarray, shards: list[Shard]) -> np.ndarray:
    """Return rows in which all texts that are origins anywhere have the rows of one and the same."""
    by_shard = [np.unique(shard.tokens[np.flatnonzero(shard.kinds == ORIGIN)]) for shard in shards]
    origins = np.concatenate(by_shard)
    merged = rows.copy()
    merged[origins] = rows[origins[:1]]
    return merged


def first_share(shard: Shard, share: float) -> Shard:
    """Return the first files of a split, enough to hold this share of its tokens."""
    if share >= 1:
        return shard
    files = max(int(np.searchsorted(shard.firsts, share * shard.firsts[-1])), 1)
    end = shard.firsts[files]
    return Shard(shard.tokens[:end], shard.kinds[:end], shard.firsts[: files + 1])


def with_vocabulary(streams: Path, out: Path, words: int, pieces: int, shared: int = 1024) -> Path:
    """Make a streams folder with another vocabulary; its token arrays are those of ``streams``, by links.

    Texts are counted in the training split, each file's say being limited: which repository a file is of
    is not known any more here, so that a vocabulary differs a little from that of the streams stage.
    """
    if (out / "streams.json").exists():
        return out
    out.mkdir(parents=True, exist_ok=True)
    for path in streams.glob("*.npy"):
        link = out / path.name
        if path.name != "rows.npy" and not link.exists():
            link.symlink_to(path.resolve())
    try:
        with gzip.open(streams / "texts.txt.gz", "rb") as file:
            texts = file.read().decode("utf-8", "surrogatepass").split("\n")
    except (OSError, EOFError) as error:
        raise LearnError(
            f"The texts of the streams in {streams} cannot be read ({first_line(error)})."
        ) from error
    counts = _counted(Shard.open(streams, "train"), len(texts))
    used = {texts[index]: int(counts[index]) for index in np.flatnonzero(counts)}
    vocab = choose(Counter(used), Namespace(words=words, pieces=pieces, shared=shared))
    with whole_file(out / "rows.npy") as file:
        np.save(file, rows_of(texts, vocab))
    with whole_file(out / "vocab.txt") as file:
        file.write(vocab.dump().encode("utf-8"))
    about = json.loads((streams / "streams.json").read_text("utf-8"))
    about |= {"rows": vocab.rows, "vocab": vocab.digest()}
    with whole_file(out / "streams.json") as file:
        file.write((json.dumps(about, indent=1) + "\n").encode())
    return out


def _counted(shard: Shard, texts: int) -> np.ndarray:
    counts = np.zeros(texts, np.int64)
    for first, last in zip(shard.firsts[:-1], shard.firsts[1:], strict=True):
        used, many = np.unique(shard.tokens[first:last], return_counts=True)
        counts[used] += np.minimum(many, _MOST_IN_A_FILE)
    return counts
