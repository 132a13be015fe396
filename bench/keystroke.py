"""Milliseconds from key and reply to the menu, and what typing costs the editor, with and without sibyl.

In:   the Neovims there are, an instant language server inside them, a real one (`ty`), the shipped model.
Out:  tables for people; the last line is one JSON object.

    python bench/keystroke.py --nvim 0.12.4 --times 20      one Neovim, quickly

With and without are measured in one run and in turn, so that a machine's moods hit both alike, and what is
added is the difference of neighbours. *Native apart* is the difference of two native lists, one after the
other: what a tail of ours is to be seen against. A server that answers at once finds the host at work on the
letter before; real ones take longer, so lists that come after 10 ms are measured, too. From the *reply* means
from the moment the server gives it to the client; from the *key*, from the key that asks for the list (a dot
where Neovim opens the menu by itself, else <C-o>).
*Ours at once* is the longest that one function of ours kept the editor's main loop, for one list. The gaps are
those between two ticks of a timer that fires every millisecond, while 15 keys a second are typed into a file of
20,000 lines; *ours* is all that our functions take on the main loop for one key.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import editor
from child import Child
from common import ROOT, centiles, finish
from fake_server import items
from keystroke_tables import LATE, show

SIZES = (10, 100, 700, 1_000, 2_000)
NAMES = (100, 1_000)
WARM = 3  # turns of each kind that fill caches: names' vectors, Neovim's own
ROUNDS = 3
TICK = 5.0
"""Milliseconds: a main loop kept longer drops a frame."""
LOOP = "_G.mainloop = dofile({})\n".format(json.dumps(str(ROOT / "bench" / "mainloop.lua")))
SWITCH = "require('sibyl')[...](vim.api.nvim_get_current_buf())"
SERVE = """
local id = vim.lsp.start({ name = 'ty', cmd = { ..., 'server' }, root_dir = vim.fn.getcwd() })
vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'
return id
"""
BY_ITSELF = """
if not (vim.lsp.completion and vim.lsp.completion.enable) then return false end
vim.lsp.completion.enable(true, ..., 0, { autotrigger = true })
return true
"""
# Without a deadline a list is given on as it came; to switch sibyl off would make the host forget the buffer.
RANKS = "require('sibyl.config').get().deadline = ... and 1000 or 0 mainloop.reset()"
SERVED = "local c = vim.lsp.get_client_by_id(...) return c and c.initialized or false"


def in_turn(
    child: Child, times: int, keys: str, text: str, begin: Callable[[int], object] = lambda _: None
) -> dict[str, list[dict[str, float]]]:
    """Complete again and again, once with sibyl and once without; ``begin`` each pair of turns."""
    completions: dict[str, list[dict[str, float]]] = {"native": [], "ranked": []}
    for turn in range(2 * (times + WARM)):
        pair, second = divmod(turn, 2)
        ranked = pair % 2 == second  # what a new list costs Neovim falls on each of them alike
        if not second:
            begin(pair)
        child.lua(RANKS, ranked)
        completion = editor.once(child, keys, text)
        completion["blocked"] = child.lua("return mainloop.longest / 1e6")
        if turn >= 2 * WARM:
            if bool(completion["ranked"]) != ranked:
                raise SystemExit(f"A list was {'not ' * ranked}ranked: nothing to compare.")
            completions["ranked" if ranked else "native"].append(completion)
    return completions


def compared(completions: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Centiles of both kinds and of what is added, from key and from reply."""
    by_start: dict[str, Any] = {"items": completions["native"][-1]["size"]}
    for since in ("key", "reply"):
        native, ranked = (
            [completion[since] for completion in completions[name]] for name in ("native", "ranked")
        )
        added = [with_sibyl - without for with_sibyl, without in zip(ranked, native, strict=True)]
        by_start[since] = {
            "native": centiles(native),
            "ranked": centiles(ranked),
            "added": centiles(added),
            "apart": centiles([later - earlier for earlier, later in pairwise(native)]),
        }
    by_start["ours_at_once"] = centiles(
        [completion["blocked"] for completion in completions["ranked"]]
    )
    return by_start


def listed(
    child: Child,
    times: int,
    text: str,
    labels: Callable[[int], list[str]],
    sizes: list[int],
    delay: int,
    step: int = 7,
) -> dict[str, Any]:
    """Lists of each length, from a server that answers at once, or after some milliseconds.

    Each list lacks another item, so that it is none that came before; with a ``step`` of 0 all are the same.
    """
    server, by_size = editor.serve(child), {}
    for size in sizes:
        given = items(*labels(size + 1))

        def begin(turn: int, given: list[dict[str, Any]] = given) -> None:
            at = step * turn % len(given)
            server.set(items=given[:at] + given[at + 1 :], delay=delay)

        by_size[str(size)] = compared(in_turn(child, times, "<C-x><C-o>", text, begin))
    return by_size


def members(
    child: Child, times: int, sizes: list[int], delay: int = 0, step: int = 7
) -> dict[str, Any]:
    """Lists of members."""

    def labels(count: int) -> list[str]:
        return [f"name_{index:04}" for index in range(count)]

    return listed(child, times, "Goos.", labels, sizes, delay, step)


def named(child: Child, times: int, sizes: list[int], delay: int = 0) -> dict[str, Any]:
    """Lists of names in an expression, one letter typed."""

    def labels(count: int) -> list[str]:
        return [f"n{index:04}_{('size', 'path', 'key=')[index % 3]}" for index in range(count)]

    return listed(child, times, "Govalue = n", labels, sizes, delay)


def served(child: Child, times: int, ty: Path) -> dict[str, Any]:
    """The members of `os`, from the language server that sibyl brings."""
    client = child.lua(SERVE, str(ty))
    child.wait_for(lambda: child.lua(SERVED, client), 60, "the language server")
    by_itself = child.lua(BY_ITSELF, client)
    keys, text = (".", "Goos") if by_itself else ("<C-x><C-o>", "Goos.")
    child.type_keys("Goos.")  # the first list of a server comes late; it is not the one to look at
    child.type_keys("<C-x><C-o>")
    child.wait_menu(60)
    child.type_keys("<C-e><Esc>u")
    return {"key_typed": keys[-1] if by_itself else "C-o"} | compared(
        in_turn(child, times, keys, text)
    )


def typing(child: Child, keys: int) -> dict[str, Any]:
    """The main loop's gaps while typing, with and without sibyl in turn, and what of it is ours."""
    gaps: dict[str, list[float]] = {"native": [], "ranked": []}
    ours: list[float] = []
    longest = 0.0
    for turn in range(2 * ROUNDS):
        ranked = turn % 2 == 1
        child.lua(SWITCH, "enable" if ranked else "disable")
        if ranked:
            editor.in_step(child)
        child.type_keys("10000Go")
        time.sleep(1.0)
        child.lua("mainloop.gaps()")
        for index in range(keys // ROUNDS):
            child.api.input("value = other.name "[index % 19])
            time.sleep(1 / 15)
        between, spent, at_once = child.lua("return mainloop.take()")
        child.type_keys("<Esc>u")
        gaps["ranked" if ranked else "native"] += between
        if ranked:
            ours += spent
            longest = max(longest, at_once)
    typed: dict[str, Any] = {
        name: centiles(of_way) | {"over_5_ms": sum(gap > TICK for gap in of_way)}
        for name, of_way in gaps.items()
    }
    return typed | {"ours_us": centiles(ours), "ours_at_once_ms": round(longest, 3)}


def measure(nvim: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Everything in one Neovim."""
    measured: dict[str, Any] = {}
    parts: list[tuple[str, int, Any]] = [
        ("instant", 2_000, lambda child: members(child, options.times, options.sizes)),
        ("again", 2_000, lambda child: members(child, options.times, options.again, step=0)),
        ("names", 2_000, lambda child: named(child, options.times, options.names)),
        ("late", 2_000, lambda child: members(child, options.times, options.late, LATE)),
        ("late names", 2_000, lambda child: named(child, options.times, options.late, LATE)),
    ]
    ty = ROOT / ".venv" / "bin" / "ty"
    if not ty.exists():
        print(f"Without the real server: there is no {ty.relative_to(ROOT)} (`make setup`).")
    elif not options.no_server:
        parts.append(("ty", 2_000, lambda child: served(child, options.times, ty)))
    if options.keys:
        parts.append(("typing", 20_000, lambda child: typing(child, options.keys)))
    for name, lines, part in parts:
        with (
            tempfile.TemporaryDirectory() as home,
            closing(editor.opened(nvim, Path(home), lines, editor.INIT + LOOP)) as child,
        ):
            child.lua("mainloop.watch()")
            editor.in_step(child)
            measured[name] = part(child)
    return measured


def main() -> int:
    """Measure in every Neovim there is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--nvim", default="", metavar="VERSION", help="this one only, such as 0.12.4")
    add("--times", type=int, default=40, help="completions of each kind and length")
    add("--sizes", type=int, nargs="+", default=list(SIZES), help="lengths of the instant lists")
    add("--names", type=int, nargs="+", default=list(NAMES), help="lengths of the lists of names")
    add("--late", type=int, nargs="*", default=list(NAMES), help=f"of those that take {LATE} ms")
    add("--again", type=int, nargs="*", default=list(NAMES), help="of those that come again")
    add("--keys", type=int, default=150, help="keys typed with and without; 0: do not type")
    add("--no-server", action="store_true", help="leave the real server out")
    options = parser.parse_args()
    result = editor.each(measure, options)
    show(result)
    finish(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
