"""What the engine's tests share.

In:   the shipped model (or another one: SIBYL_MODEL=folder), the stand-in for it.
Out:  fixtures `model_folder`, `model`, `real` (a ranker with it), `ranker` (one with the stand-in).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from standin import StandIn

from sibyl.network.model import Model
from sibyl.ranking.ranker import Ranker

SHIPPED = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """The folder of a real model."""
    return Path(os.environ.get("SIBYL_MODEL") or SHIPPED)


@pytest.fixture(scope="session")
def model(model_folder: Path) -> Model:
    """A real model."""
    return Model(model_folder)


@pytest.fixture(scope="session")
def real(model: Model) -> Ranker:
    """A ranker with the real model."""
    return Ranker(model)


@pytest.fixture
def ranker() -> Ranker:
    """A ranker with the stand-in."""
    return Ranker(StandIn())  # type: ignore[arg-type]
