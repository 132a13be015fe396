"""Faults, what was promised in each, and what was seen: run by `make faults`, which writes tests/README.md.

In:   the tests that bring each fault about.
Out:  the table between the marks of tests/README.md; exit status 1 where a promise was broken.
      What no test brings about is "not tried".

    python tests/faults.py            all
    python tests/faults.py memory     those whose fault's name holds the word; the table is printed, not written
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- begin faults -->\n", "<!-- end faults -->\n"


class Fault(NamedTuple):
    """A fault, what was promised in it, and the tests that bring it about."""

    name: str
    promise: str
    tests: tuple[str, ...]


FAULTS = (
    Fault("the host is killed while a menu waits", "the list as the server sent it; another host starts",
          ("editor/test_untouched.py::test_killed_in_mid_menu",)),
    Fault("the host ends again and again", "pauses that double, then one sentence",
          ("editor/test_host.py::test_restart_backs_off_and_ends",)),
    Fault("the host's worker ends", "one sentence, another host, the next list is ranked",
          ("editor/test_log.py::test_a_worker_that_ends_is_told_and_another_comes",
           "engine/test_mail.py::test_a_worker_that_ends_is_noticed")),
    Fault("the host is stopped, or reads nothing",
          "lists within the deadline; no memory is taken; `:qa` does not wait",
          ("editor/test_untouched.py::test_a_host_that_hangs",
           "editor/test_quit.py::test_a_host_that_hangs_is_not_waited_for",
           "editor/test_bounds.py::test_a_host_that_does_not_read_costs_no_memory")),
    Fault("another host takes over", "it gets all texts",
          ("editor/test_mirror.py::test_new_host_gets_all_buffers",)),
    Fault("no Python, or one without packages", "one sentence that says what to run",
          ("editor/test_host.py::test_interpreter_without_packages",
           "editor/test_interpreter.py::test_a_python_that_prints_at_its_start_is_not_taken")),
    Fault("the language server never answers, or odd things", "what Neovim alone would show",
          ("editor/test_untouched.py::test_no_reply_ever", "editor/test_untouched.py::test_odd_replies")),
    Fault("another language server comes", "ours steps back",
          ("editor/test_server.py::test_steps_back",)),
    Fault("the log cannot be written", "nothing changes",
          ("editor/test_log.py::test_a_log_that_cannot_be_written_changes_nothing",
           "memory/test_private.py::test_the_log_is_private_and_never_raises")),
    Fault("the state folder cannot be written", "told once; lists are ranked without a memory",
          ("memory/test_build.py::test_a_state_folder_that_cannot_be_written_is_told",)),
    Fault("the disk is full", "what was remembered stays",
          ("memory/test_notes.py::test_a_full_disk_leaves_what_was_there",)),
    Fault("the disk is slow", "no list waits", ("memory/test_opening.py::test_no_list_waits_for_a_slow_disk",)),
    Fault("a memory is locked by another process", "no list waits; health says why it is off",
          ("memory/test_opening.py::test_no_list_waits_for_a_memory_that_is_locked",
           "memory/test_opening.py::test_ten_of_ten_lists_are_ranked_without_a_memory")),
    Fault("a memory is damaged or foreign", "made again, told once",
          ("memory/test_opening.py::test_a_file_that_is_no_store_of_ours_is_made_again",
           "memory/test_build.py::test_a_damaged_memory_is_told_once_and_made_again",
           "test_properties.py::test_any_bytes_are_a_store_or_made_again")),
    Fault("a memory is deleted or replaced in use", "the next lists use the new one",
          ("memory/test_trouble.py::test_two_buffers_settle_on_a_replaced_memory",
           "memory/test_trouble.py::test_what_another_neovim_had_forgotten_is_not_read_again")),
    Fault("two Neovims share a memory", "both see what was accepted; one reads the project",
          ("memory/test_project.py::test_two_neovims_share_what_was_accepted",
           "memory/test_build.py::test_only_one_reads_at_a_time")),
    Fault("the reader is killed at any moment", "the memory is whole; the file that did it is left out",
          ("memory/test_build.py::test_killed_at_any_moment_the_store_is_whole",
           "memory/test_limits.py::test_a_file_that_ends_its_reader_is_skipped_by_the_next")),
    Fault("the reader's host is killed", "the reader ends",
          ("memory/test_build.py::test_a_reader_ends_with_its_host",)),
    Fault("the model is harmful or damaged", "one sentence; lists as they came",
          ("engine/test_trial.py", "test_properties.py::test_damaged_rows_are_one_error")),
    Fault("an installation fails half-way", "nothing is left of it",
          ("scripts/test_install_trust.py::test_nothing_is_left_of_a_failure",)),
    Fault("the clock goes back", "accepted items keep their order",
          ("memory/test_clock.py",)),
    Fault("packages are replaced under a running host",
          "the host ranks on; one that starts meanwhile says one sentence",
          ("editor/test_upgrade.py", "engine/test_switch.py::test_a_start_that_fails_is_told")),
    Fault("ten Neovims at once", "each ranks",
          ("editor/test_many.py::test_ten_neovims_at_once_rank_each_list",)),
)  # fmt: skip


def seen(fault: Fault) -> str:
    """Bring a fault about; say what was seen."""
    if not fault.tests:
        return "not tried"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [str(HERE / test) for test in fault.tests]
    environment = os.environ | {"ORT_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        command, cwd=HERE.parent, env=environment, capture_output=True, text=True, check=False
    )
    last = re.findall(r"^(?:=+ )?((?:\d+ \w+(?:, )?)+) in [\d.]+s", done.stdout, re.MULTILINE)
    counts = last[-1] if last else "no test ran"
    return f"kept ({counts})" if done.returncode == 0 else f"BROKEN ({counts})"


def table(faults: list[Fault]) -> tuple[str, bool]:
    """Return the table, and whether all was kept that was tried."""
    rows = ["| fault | promised | seen |", "|---|---|---|"]
    all_held = True
    for fault in faults:
        outcome = seen(fault)
        all_held &= not outcome.startswith("BROKEN")
        rows.append(f"| {fault.name} | {fault.promise} | {outcome} |")
        print(rows[-1], flush=True)
    return "\n".join(rows) + "\n", all_held


def main() -> int:
    """Try all, and write the table down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="those whose name holds these; not written down")
    words = parser.parse_args().words
    chosen = [fault for fault in FAULTS if all(word in fault.name for word in words)]
    rows, all_held = table(chosen)
    if not words:
        text = README.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        README.write_text(before + BEGIN + rows + END + rest.partition(END)[2], encoding="utf-8")
    return int(not all_held)


if __name__ == "__main__":
    raise SystemExit(main())
