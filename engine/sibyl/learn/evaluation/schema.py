"""The features of recorded lists, by sort of list, and which of them each amount of memory leaves.

In: the columns of ``sibyl.ranking``, an amount of memory.  Out: a factor for features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sibyl.network.model import Floats
from sibyl.ranking.features import member_columns, word_columns

MEMORIES = ("none", "file", "project", "replay")
"""What may be remembered at a site: nothing; the file above it; the project's other files, too; and what one
person, who takes the truth at each recorded site of the project in order, has accepted."""


@dataclass(frozen=True)
class Schema:
    """The features of one sort of list: their names, and which of them a memory makes."""

    names: tuple[str, ...]
    version: int
    project: tuple[str, ...]
    person: tuple[str, ...]
    unlearnt: Mapping[str, float]  # columns with weights that are set
    least: Mapping[str, float] = field(default_factory=dict)  # what columns weigh at least

    @property
    def columns(self) -> dict[str, int]:
        """The index of each column."""
        return {name: index for index, name in enumerate(self.names)}

    def kept(self, memory: str) -> Floats:
        """Return 1 or 0 for each column: whether it can hold something with this amount of memory.

        Features that were computed with all memories, multiplied by it, are those with this one alone.
        """
        blank = {
            "none": (*self.project, *self.person),
            "file": (*self.project, *self.person),
            "project": self.person,
            "person": self.project,  # what was accepted, in a project that has not been read
            "replay": (),
        }[memory]
        factor = np.ones(len(self.names), np.float32)
        columns = self.columns
        factor[[columns[name] for name in blank]] = 0
        return factor


MEMBERS = Schema(
    member_columns.NAMES,
    member_columns.FEATURES_VERSION,
    member_columns.PROJECT,
    member_columns.PERSON,
    member_columns.UNLEARNT,
)
WORDS = Schema(
    word_columns.NAMES,
    word_columns.WORD_FEATURES_VERSION,
    word_columns.PROJECT,
    word_columns.PERSON,
    word_columns.UNLEARNT,
    word_columns.LEAST,
)
