"""One recorded list as it is measured: its candidates, what is known of each, and which is the truth.

In: what ``replay`` computes.  Out: ``RecordedList``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sibyl.learn.evaluation.history import Before
from sibyl.learn.evaluation.schema import MEMBERS, WORDS, Schema
from sibyl.network.model import Floats


@dataclass
class Past:
    """A site with the memory of the project as it was before the site's line was written."""

    before: Before
    rows: Floats | None = None  # as ``RecordedList.rows``; None where that time is unknown
    files: int = 0  # as ``RecordedList.files``
    seconds: float = 0.0  # that making a repository's stores took; one site of each says it
    saved: Floats | None = None  # as ``rows``, the file itself as it was saved then counting, too
    added: bool = False  # the commit took no line away where it wrote this one


@dataclass
class RecordedList:
    """One recorded list whose truth is in it."""

    repo: str
    path: str  # of the file
    member: str  # the truth's name
    names: list[str]  # in the server's own order
    truth: int  # its index in ``names``
    rows: Floats  # features (candidates, columns)
    logits: Floats  # the network's, bare
    origin: str
    before: str  # the member used last on this receiver
    files: int  # other files of the project that are known
    kind: str  # of receiver: known, self, chained, unresolved
    listed: str = "member"  # or name, keyword, import: what was completed
    where: str = ""  # the statement around, as recorded
    letters: int = 0  # typed when the list was asked for
    allowed: npt.NDArray[np.bool_] | None = None  # what those letters leave in the menu; None: all
    imports: npt.NDArray[np.bool_] | None = None  # what adds an import
    read: bool = False  # the network was trained on this repository
    past: Past | None = None  # where it was asked for
    offset: int = 0  # of the name's first byte
    further: bool = False  # not recorded: what more letters leave of a recorded list

    @property
    def schema(self) -> Schema:
        """The features of ``rows``."""
        return MEMBERS if self.listed == "member" else WORDS

    def prefixed(self, letters: int) -> npt.NDArray[np.bool_]:
        """Return which candidates are left after the truth's first letters were typed."""
        typed = self.member[:letters].lower()
        return np.asarray([name.lower().startswith(typed) for name in self.names])
