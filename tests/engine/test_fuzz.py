"""Random edits of real files, with fixed seeds; `make fuzz` does many more.

In:   Python's own modules.
"""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import fuzz
import pytest
from differ import Different

from sibyl.code.stream import Stream
from sibyl.code.text import Text


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_random_edits_leave_no_trace(seed: int) -> None:
    """However a text came to be, all layers are as if it had just been opened."""
    counts = fuzz.run(5000, seed, every=10)
    assert counts.edits >= 5000
    assert counts.broken < counts.comparisons
    assert counts.drift <= counts.edits // 200


@pytest.mark.slow
def test_random_edits_of_long_files_leave_no_trace() -> None:
    """In files of several thousand lines, which are read section by section, neither."""
    counts = fuzz.run(200, 21, every=10, long=True)
    assert counts.edits >= 200 and counts.series == 1
    assert counts.drift <= 1


def test_a_series_can_be_made_again() -> None:
    """What a series does depends on its name alone: a failure can be had again."""
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    first, second = (list(fuzz.Typist("3-4", sources).doings(200)) for _ in range(2))
    assert first == second


def test_a_fault_is_found_saved_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer that keeps something wrong is caught, and its series fails again from its file."""
    whole = Stream.advance

    def careless(stream: Stream, text: Text, stop: int) -> int:
        first = whole(stream, text, stop)
        return first + (first % 10 == 9)

    with monkeypatch.context() as patched:
        patched.setattr(Stream, "advance", careless)
        with pytest.raises(Different, match=r"usage|states"):
            fuzz.run(5000, 1, every=5, folder=tmp_path)
        (saved,) = tmp_path.glob("*.json")
        assert {"error", "span", "every", "source", "done"} == json.loads(saved.read_text()).keys()
        with pytest.raises(Different, match=r"usage|states"):
            fuzz.redo(saved, None)
    assert fuzz.redo(saved, None).drift == fuzz.redo(saved, 3).drift == 0
