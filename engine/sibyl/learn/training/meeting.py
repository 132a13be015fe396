"""Where the processes of one start meet, apart from those of the starts before it.

In: the store that ``torchrun``'s agent keeps.  Out: a part of it that no earlier start has written in.

The agent keeps its store when it restarts the workers, and the keys under which gloo exchanges addresses are
the same at each start. A worker that is faster than its peer would find the address of the one that was killed,
and wait there in vain; so would the workers of all later restarts (seen with PyTorch 2.13). The agent's count
of restarts does not help: it may differ from one machine to the next.
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta

from torch.distributed import DistError, PrefixStore, Store

_CALL, _ANSWER, _MET = "sibyl/call", "sibyl/answer/{}", "sibyl/met"
_PAUSE = 0.02
"""Seconds between two looks at the store."""


def fresh_store(store: Store, rank: int, world: int, patience: timedelta) -> Store:
    """Return a part of the store for this start of ``world`` processes alone; all ranks must call it.

    The first process writes a new word, the others answer it with a new word each, and the first names all that
    it has heard. Who finds its own word there knows that everything it read is of this start. Raises DistError
    if the others do not come in time.
    """
    own, end = uuid.uuid4().hex, time.monotonic() + patience.total_seconds()
    call = _gather(store, own, world, end) if rank == 0 else _answer(store, own, rank, end)
    return PrefixStore(f"sibyl/{call}", store)


def _gather(store: Store, call: str, world: int, end: float) -> str:
    """Call, and wait until each of the others has answered this call."""
    store.set(_CALL, call)
    words: dict[int, str] = {}
    while len(words) < world - 1:
        for rank in set(range(1, world)) - set(words):
            heard, word = _read(store, _ANSWER.format(rank)) or ["", ""]
            if heard == call:
                words[rank] = word
        _wait(end, f"{world - 1 - len(words)} of {world} processes did not come")
    store.set(_MET, json.dumps([call, *words.values()]))
    return call


def _answer(store: Store, word: str, rank: int, end: float) -> str:
    """Answer whatever call stands there, until the first process has heard this word."""
    answered = None
    while True:
        met = _read(store, _MET)
        if met and word in met[1:]:
            return met[0]
        call = store.get(_CALL).decode() if store.check([_CALL]) else None
        if call and call != answered:
            store.set(_ANSWER.format(rank), json.dumps([call, word]))
            answered = call
        _wait(end, "the first process did not come")


def _read(store: Store, key: str) -> list[str] | None:
    """Return the words under a key, without waiting for it."""
    return list(json.loads(store.get(key))) if store.check([key]) else None


def _wait(end: float, complaint: str) -> None:
    """Wait for a moment, or raise DistError if the time is over."""
    if time.monotonic() > end:
        raise DistError(f"The processes of this training did not meet in time: {complaint}.")
    time.sleep(_PAUSE)
