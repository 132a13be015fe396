"""Which model ranks.

In: a model's folder, or nothing for the shipped one.  Out: what ranks with it, or a ModelError.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sibyl.errors import ModelError, first_line
from sibyl.host.protocol import USE

if TYPE_CHECKING:
    from sibyl.ranking.ranker import Ranker

Send = Callable[[int, str, dict[str, Any]], None]
Put = Callable[[str, tuple[Any, ...]], object]
_log = logging.getLogger("sibyl")
SHIPPED = Path(__file__).resolve().parents[3] / "models"


def loaded(folder: str | None) -> Ranker:
    """Load a model, one that is not the shipped one after a trial; takes as long as that.

    Raises ModelError where it is of no use, and where a package is missing or cannot be used.
    """
    place = Path(folder or SHIPPED)
    _import()
    from sibyl.host.trial import tried
    from sibyl.network.model import Model
    from sibyl.ranking.ranker import Ranker

    try:
        if place.resolve() != SHIPPED:
            tried(place)
        return Ranker(Model(place))
    except ModelError:
        raise
    except Exception as error:
        _log.exception("a model was not loaded")
        raise ModelError(
            f"The model in {place} cannot be loaded ({type(error).__name__})."
        ) from error


def _import() -> None:
    """Import the packages; while they are being replaced this may raise anything, but raises ModelError."""
    try:
        import_module("sibyl.ranking.ranker")
        import_module("sibyl.network.runtime").onnxruntime()
    except ImportError as error:
        raise ModelError(
            f"A package is missing ({first_line(error)}); run :Sibyl install."
        ) from error
    except Exception as error:
        _log.exception("a package was not imported")
        reason = f"{type(error).__name__}: {error}"
        raise ModelError(f"A package cannot be used ({reason}); run :Sibyl install.") from error


def try_beside(request: int, folder: str, send: Send, put: Put) -> None:
    """Load a model on a thread of its own; put it into the mailbox for the worker, or send why not."""

    def load() -> None:
        try:
            put(USE, (request, loaded(folder)))
        except ModelError as error:
            send(request, "none", {"reason": "model", "detail": str(error)})

    threading.Thread(target=load, name="sibyl model", daemon=True).start()


def about(ranker: Any) -> dict[str, Any]:
    """Return what there is to say of the model that ranks; its folder is "shipped" where it is ours."""
    model = ranker.model
    shipped = model.folder.resolve() == SHIPPED
    return {
        "model": "shipped" if shipped else str(model.folder),
        "hash": model.hash,
        "numbers": model.meta["numbers"],
    }
