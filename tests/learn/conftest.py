"""What the tests of the learning stages share.

In: nothing. Out: the fixtures `sources`, `streams`, `model`, `dask` and `heard`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from local_cluster import dask, heard  # noqa: F401 (fixtures)

# Using models does not need what learning needs; `-ra` would not tell, so we do.
LACKING = [name for name in ("datasketch", "tqdm") if find_spec(name) is None]
collect_ignore_glob = ["test_corpus*.py", "test_menus*.py", "test_cluster*.py"] if LACKING else []


def pytest_report_header() -> str | None:
    """Say why tests are missing, if they are."""
    return (
        f"corpus, menus and clusters are not tested: {', '.join(LACKING)} missing"
        if LACKING
        else None
    )


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """An empty folder for repositories."""
    (tmp_path / "sources").mkdir()
    return tmp_path / "sources"


@pytest.fixture(scope="session")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Streams of a handful of files of the standard library; to be read, not changed."""
    from sibyl.learn.recipes import smoke

    out = tmp_path_factory.mktemp("streams")
    smoke.make_streams(out)
    return out / "streams"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a network of known logits (see golden.py), which replay and evaluate load for a model."""
    import golden

    from sibyl.learn.evaluation import evaluate, replay

    monkeypatch.setattr(replay, "Model", golden.Known)
    monkeypatch.setattr(evaluate, "Model", golden.Known)
    return golden.model(tmp_path / "model")
