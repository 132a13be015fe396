"""Which model ranks.

In: a model's folder, or nothing for the shipped one.  Out: what ranks with it, or a ModelError.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sibyl.errors import ModelError
from sibyl.host.protocol import USE

if TYPE_CHECKING:
    from sibyl.ranking.ranker import Ranker

Send = Callable[[int, str, dict[str, Any]], None]
Put = Callable[[str, tuple[Any, ...]], object]
_log = logging.getLogger("sibyl")
SHIPPED = Path(__file__).resolve().parents[3] / "models"


def loaded(folder: str | None) -> Ranker:
    """Load a model, one that is not the shipped one after a trial; takes as long as that.

    Raises ModelError where it is of no use, and where a package is missing.
    """
    place = Path(folder or SHIPPED)
    try:
        from sibyl.host.trial import tried
        from sibyl.network.model import Model
        from sibyl.ranking.ranker import Ranker

        if place.resolve() != SHIPPED:
            tried(place)
        return Ranker(Model(place))
    except ImportError as error:
        raise ModelError(f"A package is missing ({error}); run :Sibyl install.") from error


def try_beside(request: int, folder: str, send: Send, put: Put) -> None:
    """Load a model on a thread of its own; put it into the mailbox for the worker, or send why not."""
    given = (request, folder, send, put)
    threading.Thread(target=_try, args=given, name="sibyl model", daemon=True).start()


def _try(request: int, folder: str, send: Send, put: Put) -> None:
    try:
        put(USE, (request, loaded(folder)))
        return
    except ModelError as error:
        reason = str(error)
    except Exception as error:  # a question has an answer, whatever a model does
        _log.exception("a model was not loaded")
        reason = f"The model in {folder} cannot be loaded ({type(error).__name__})."
    send(request, "none", {"reason": "model", "detail": reason})


def about(ranker: Any) -> dict[str, Any]:
    """Return what there is to say of the model that ranks; its folder is "shipped" where it is ours."""
    model = ranker.model
    shipped = model.folder.resolve() == SHIPPED
    return {
        "model": "shipped" if shipped else str(model.folder),
        "hash": model.hash,
        "numbers": model.meta["numbers"],
    }
