"""Who puts the right item on top, and at what cost: Neovim's own sort, blink.cmp, nvim-cmp, and sibyl.

In:   the newest Neovim; optionally a folder with checkouts of the peers, and recorded lists with their sources.
Out:  tables for people; the last line is one JSON object.

    git clone https://github.com/Saghen/blink.cmp DIR/blink.cmp     (the program's own files stay out of this
    git clone https://github.com/hrsh7th/nvim-cmp DIR/nvim-cmp       repository; what is missing is left out)
    python bench/peers.py --peers DIR --menus menus/val.jsonl.gz --sources FOLDER [--sites 0]

**Cost**: the same list, in the same Neovim, one after the other: from the server's reply to the list in order,
and from one letter more to the list then. sibyl's is what it adds to Neovim's own, the answer of its host
included; while letters are typed Neovim filters that list and sibyl does nothing.

**Accuracy**: recorded lists of a real language server (bench/recorded.py); where the item stands that the
author wrote. Everybody sees the text above the cursor and, as accepted before, the members in it:
nvim-cmp's `recently_used` and `locality`, sibyl's usage of the file. blink.cmp's Lua matcher has neither
frecency nor proximity; `+ bonuses` adds both as its Rust matcher does (10 seconds between two accepted items),
which counts from the first letter on; its cost is the Lua matcher's. Nobody makes typos here.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import editor
from child import Child
from common import MODEL, centiles, finish, table

from sibyl.errors import SibylError
from sibyl.network.model import Model

OURS = "sibyl"
PEERS = ("nvim-cmp", "blink.cmp")
COUNTS = (100, 700)
WARM = 5
DRIVER = Path(__file__).with_suffix(".lua")
LOAD = "_G.peers = _G.peers or dofile(...) "
TAKEN = "local all = require('sibyl.completion.reply').delays return all[#all]"


def ask(child: Child, code: str, *arguments: Any) -> Any:
    """Run Lua that sees the driver as `peers`; its arguments begin with the second."""
    return child.lua(f"{LOAD}return {code}", str(DRIVER), *arguments)


def checkouts(folder: Path | None) -> list[str]:
    """Which peers there are; says what is missing."""
    found = [name for name in PEERS if folder and (folder / name / "lua").is_dir()]
    for name in PEERS:
        if name not in found:
            print(
                f"Without {name}: --peers has no checkout of it; bench/peers.py says where it comes from."
            )
    return found


def names_of(count: int) -> list[str]:
    """So many names as members have them."""
    names = [name for name in Model(MODEL).members() if name.isidentifier()]
    return sorted(names[:: max(len(names) // count, 1)][:count])


def items_of(names: list[str]) -> list[dict[str, Any]]:
    """Items as pyright sends them."""
    return [
        {"label": name, "kind": 2, "sortText": f"10.9999.{name}", "data": {"place": place}}
        for place, name in enumerate(names)
    ]


def cost(child: Child, times: int) -> dict[str, Any]:
    """Ms of the list and of one letter more, by peer and length of list."""
    server, made = editor.serve(child), {}
    editor.in_step(child)
    for count in COUNTS:
        items = items_of(names_of(count))
        server.set(items=items)
        found: dict[str, list[list[float]]] = defaultdict(list)
        for turn in range(times + WARM):
            ranked = editor.once(child)["ranked"]
            if turn >= WARM and not ranked:
                raise SystemExit(f"A list of {count} was not ranked: nothing to compare.")
            ours = child.lua(TAKEN)
            child.type_keys("Goos.<Esc>")
            ask(child, "peers.stand(vim.api.nvim_buf_get_lines(0, -60, -1, false), {})")
            others = ask(child, "peers.cost(select(2, ...))", items, "s")
            child.type_keys("u")
            if turn >= WARM:
                found[OURS].append([ours, 0])
                for name, spent in others.items():
                    found[name].append(spent)
        made[str(count)] = {
            name: {
                "list": centiles([spent[0] for spent in its]),
                "letter": centiles([spent[1] for spent in its]),
            }
            for name, its in found.items()
        }
    return made


def accuracy(child: Child, menus: Path, sources: Path, most: int) -> dict[str, Any]:
    """Top-1, top-5 and MRR after 0 to 3 letters, by whose order it is."""
    from recorded import LETTERS, sites

    from sibyl.learn.metrics import interval, summary

    ranks: dict[str, list[list[int]]] = defaultdict(list)
    repos = []
    for site in sites(menus, sources, most):
        ask(child, "peers.stand(select(2, ...))", site.lines, site.used)
        found = ask(child, "peers.ranks(select(2, ...))", site.items, site.truth, site.beginnings)
        for name, its in (found | {OURS: site.ours}).items():
            ranks[name].append(its)
        repos.append(site.repo)
    return {
        "sites": len(repos),
        "repositories": len(set(repos)),
        "orders": {
            name: {str(n): summary([one[n] for one in its]) for n in range(LETTERS)}
            | {"top1_interval": interval([one[0] for one in its], repos)}
            for name, its in ranks.items()
        },
    }


def judged(child: Child, options: argparse.Namespace) -> dict[str, Any]:
    """The accuracy, or a sentence why there is none; raises SystemExit for files that do not fit."""
    try:
        return {"accuracy": accuracy(child, options.menus, options.sources, options.sites)}
    except ImportError as missing:
        print(f"Without accuracy: {missing} (it is in requirements/learn.txt).")
        return {}
    except SibylError as problem:
        raise SystemExit(str(problem)) from problem


def show(result: dict[str, Any]) -> None:
    """Print the one table: accuracy and cost, a line for each order."""
    right, spent = result.get("accuracy"), result["cost_ms"]
    if right:
        print(f"{right['sites']} lists of {right['repositories']} repositories never trained on.")
    letters = ("top-1", "95 %", "top-5", "MRR", "top-1 after 1", "2", "3 letters") if right else ()
    rows = []
    for name in ORDER:
        if name not in spent["100"]:
            continue
        row: list[object] = [name]
        if right:
            its = right["orders"][name]
            row += [f"{its['0']['top1']:.3f}", "{:.3f}-{:.3f}".format(*its["top1_interval"])]
            row += [f"{its['0'][one]:.3f}" for one in ("top5", "mrr")]
            row += [f"{its[n]['top1']:.3f}" for n in "123"]
        row += [
            spent[n][name][what]["p50"] for n in map(str, COUNTS) for what in ("list", "letter")
        ]
        rows.append(row)
    costs = [f"ms, {n} items" if what else "+ a letter" for n in COUNTS for what in (True, False)]
    table(("order", *letters, *costs), rows)


ORDER = ("Neovim", "blink.cmp (Lua)", "blink.cmp (Lua) + bonuses", "nvim-cmp", OURS)


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--peers", type=Path, metavar="DIR", help="folder with checkouts of the peers")
    add("--menus", type=Path, help="recorded completion lists")
    add("--sources", type=Path, metavar="DIR", help="folder of their repositories")
    add("--sites", type=int, default=400, help="lists to look at; 0: all")
    add("--times", type=int, default=30, help="lists of each length whose cost is measured")
    options = parser.parse_args()
    nvim = editor.newest()
    if nvim is None:
        raise SystemExit("No Neovim was found: `make neovim` brings some.")
    names = checkouts(options.peers)
    folder = str((options.peers or DRIVER).absolute())
    result: dict[str, Any] = {"neovim": editor.version(nvim)}
    with tempfile.TemporaryDirectory() as home:
        with closing(editor.opened(nvim, Path(home), 2_000)) as child:
            ask(child, "peers.setup(select(2, ...))", folder, names)
            result["cost_ms"] = cost(child, options.times)
        if options.menus and options.sources:
            with closing(Child(nvim, Path(home) / "plain", "vim.g.loaded_sibyl = 1")) as child:
                ask(child, "peers.setup(select(2, ...))", folder, names)
                result |= judged(child, options)
        else:
            print("Without accuracy: it needs --menus FILE and --sources DIR.")
    show(result)
    finish(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
