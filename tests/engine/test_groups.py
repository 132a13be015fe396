"""Groups of uses: names and keys side by side.

In:   uses and words made up for the test.
"""

from __future__ import annotations

from sibyl.code.tokens import Use, Word
from sibyl.context.groups import (
    ACCEPTED,
    ACCEPTED_WORDS,
    GROUPS,
    USED,
    WORD_GROUPS,
    keys,
    places,
    word_keys,
)
from sibyl.memory.notes import take_notes
from sibyl.ranking.features import member_columns, word_columns


def test_every_group_has_a_name() -> None:
    """Names and keys stand side by side: as many of the one as of the other, and a column for each name."""
    word = Word(0, "argument", "open", "", 0, "", "", "", "")
    use = Use(0, "@os", "os", "", "")
    assert len(places(["os", "@os"], 2, "@os", "os", "", ("", ""), "", "", "")) == len(USED)
    assert len(keys(use, "", ("", ""), "")) == len(GROUPS)
    assert len(word_keys(word)) == len(WORD_GROUPS)
    assert GROUPS[: len(ACCEPTED)] == ACCEPTED and set(ACCEPTED_WORDS) < set(WORD_GROUPS)
    assert {f"{name}_count" for name in USED} <= set(member_columns.NAMES)
    assert {f"project_{name}_share" for name in GROUPS} <= set(member_columns.NAMES)
    assert {f"project_{name}_share" for name in WORD_GROUPS} <= set(word_columns.NAMES)


def test_keys_across_files_hold_what_they_say() -> None:
    """The member used before on the receiver is part of the third key; locals are nobody else's."""
    use = Use(5, "@os", "os.path", "main", "Box")
    asked = dict(zip(GROUPS, keys(use, "join", ("name", "="), "exists"), strict=True))
    assert asked == {
        "origin": "o @os", "last": "l path", "chain": "p @os join", "member": "m", "target": "t name",
        "function": "f main @os", "class": "k Box", "mark": "x @os =", "newest": "c exists @os",
    }  # fmt: skip
    notes = take_notes(b"import os\ndef f(own):\n    local = own\n    return os\n")
    assert notes.uses["N"] == {"os": 2}
