"""A server of sibyl's own that cannot run here."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize("program", ["exit 3", "kill -9 $$", "sleep .2; exit 2"])
def test_a_server_that_cannot_run_is_one_sentence(
    scripted: Callable, tmp_path: Path, program: str
) -> None:
    """It says what can be done, once, and no key is waited for, however many buffers ask for it."""
    command = ["/bin/sh", "-c", program]
    child, _ = scripted("x = 1\n", server={"enabled": True, "delay": 0, "cmd": command})
    for name in ("a.py", "b.py", "c.py"):
        child.open(tmp_path / name, "x = 1\n")
        time.sleep(1)
        assert not child.blocked(), child.drawn()
    (message,) = child.messages()
    assert message.startswith("sibyl: the language server ended (code ")
    assert message.endswith(": :Sibyl restart starts it again")
    assert message.removeprefix("sibyl: ") in child.command("Sibyl")


@pytest.mark.parametrize("program", ["exit 0", "kill -15 $$"])
def test_an_end_without_a_failure_is_in_the_log(scripted: Callable, program: str) -> None:
    """A server that ends at once, as if it were done, says nothing on the screen; the log has it."""
    command = ["/bin/sh", "-c", program]
    child, _ = scripted("x = 1\n", server={"enabled": True, "delay": 0, "cmd": command})
    child.wait_for(lambda: "the language server ended" in child.command("Sibyl"), what="the end")
    log = Path(child.lua("return require('sibyl.log').path()"))
    child.wait_for(
        lambda: "the language server ended" in log.read_text(), what="the line of the log"
    )
    assert child.messages() == []
