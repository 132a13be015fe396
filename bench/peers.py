"""Who puts the right item on top, and at what cost: Neovim's own sort, three completion plugins, and sibyl.

In:   the newest Neovim; optionally a folder with checkouts of the peers, and recorded lists with their sources.
Out:  tables for people; the last line is one JSON object.

    git clone https://github.com/Saghen/blink.cmp DIR/blink.cmp     (the program's own files stay out of this
    git clone https://github.com/hrsh7th/nvim-cmp DIR/nvim-cmp       repository; what is missing is left out)
    git clone https://github.com/nvim-mini/mini.nvim DIR/mini.nvim
    python bench/peers.py --peers DIR --menus menus/val.jsonl.gz ... --sources FOLDER [--sites 0]

**Cost**: the same list, in the same Neovim, one after the other: from the server's reply to the list in order,
and from one letter more to the list then. sibyl's is what it adds to Neovim's own, the answer of its host
included; while letters are typed Neovim filters that list and sibyl does nothing.

**Accuracy**: recorded lists of real language servers (bench/recorded.py); where the item stands that the
author wrote. Lists of members get a table with 0 to 3 letters typed; names, keyword arguments and imports one
for each file of lists, with the letters that were typed when the list was asked for, each list filtered by them
as the order's own menu does. Everybody sees the text above the cursor and, as accepted before, what stands in
it: for members the members, for the others the names, keyword arguments and imports. nvim-cmp uses that in
`recently_used` and `locality`, sibyl in its usage of the file; it knows no other file here. blink.cmp's Lua
matcher has neither frecency nor proximity; `+ bonuses` adds both as its Rust matcher does (10 seconds between
two accepted items), which counts from the first letter on; its cost is the Lua matcher's. `alphabetical` and
`last use above` are orders that need no plugin: by label, and by where the name stands last in the text above,
unused ones as the server has them. Nobody makes typos here.
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
from common import MODEL, centiles, finish
from peers_tables import COUNTS, OURS, show

from sibyl.errors import SibylError
from sibyl.network.model import Model

PEERS = ("nvim-cmp", "blink.cmp", "mini.nvim")
WARM = 5
DRIVER = Path(__file__).with_suffix(".lua")
LOAD = "_G.peers = _G.peers or dofile(...) "
TAKEN = "local all = require('sibyl.statistics').delays return all[#all]"


def ask(child: Child, code: str, *arguments: Any) -> Any:
    """Run Lua that sees the driver as `peers`; its arguments begin with the second."""
    return child.lua(f"{LOAD}return {code}", str(DRIVER), *arguments)


def checkouts(folder: Path | None) -> list[str]:
    """Which peers there are; says what is missing."""
    names = [name for name in PEERS if folder and (folder / name / "lua").is_dir()]
    for name in PEERS:
        if name not in names:
            print(
                f"Without {name}: --peers has no checkout of it; bench/peers.py says where it comes from."
            )
    return names


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
    server, by_count = editor.serve(child), {}
    editor.in_step(child)
    for count in COUNTS:
        items = items_of(names_of(count))
        server.set(items=items)
        by_peer: dict[str, list[list[float]]] = defaultdict(list)
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
                by_peer[OURS].append([ours, 0])
                for name, spent in others.items():
                    by_peer[name].append(spent)
        by_count[str(count)] = {
            name: {
                "list": centiles([spent[0] for spent in times]),
                "letter": centiles([spent[1] for spent in times]),
            }
            for name, times in by_peer.items()
        }
    return by_count


def ranks_in(
    child: Child, lists: list[dict[str, Any]], options: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """The truth's rank after each beginning by whose order it is, and the repositories, by kind and letters."""
    from recorded import sites

    groups: dict[str, dict[str, Any]] = {}
    for site in sites(lists, options.sources, options.sites):
        ask(child, "peers.stand(select(2, ...))", site.lines, site.used)
        ranks = ask(child, "peers.ranks(select(2, ...))", site.items, site.truth, site.beginnings)
        group = groups.setdefault(f"{site.listed} {site.letters}", {"repos": [], "ranks": {}})
        group["repos"].append(site.repo)
        for name, own in (ranks | site.ranks).items():
            group["ranks"].setdefault(name, []).append(own)
    return groups


def accuracy(child: Child, options: argparse.Namespace) -> dict[str, Any]:
    """Top-1, top-5 and MRR by whose order it is: of members after 0 to 3 letters, of others as recorded."""
    from sibyl.learn.evaluation.recorded import read_menus
    from sibyl.learn.metrics import interval, summary

    result: dict[str, Any] = {}
    for path in options.menus:
        lists = read_menus(path)
        words = [line for line in lists if line.get("kind", "member") != "member"]
        members = [line for line in lists if line.get("kind", "member") == "member"]
        for group in ranks_in(child, members, options).values():
            repos = group["repos"]
            result["accuracy"] = {
                "sites": len(repos),
                "repositories": len(set(repos)),
                "orders": {
                    name: {str(n): summary(own) for n, own in enumerate(zip(*ranks, strict=True))}
                    | {"top1_interval": interval([first for first, *_ in ranks], repos)}
                    for name, ranks in group["ranks"].items()
                },
            }
        groups = sorted(ranks_in(child, words, options).items())
        if groups:
            result.setdefault("lists", {})[path.name.split(".")[0]] = {
                name: {
                    "sites": len(group["repos"]),
                    "repositories": len(set(group["repos"])),
                    "orders": {
                        order: summary([own[0] for own in ranks])
                        for order, ranks in group["ranks"].items()
                    },
                }
                for name, group in groups
            }
    return result


def judged(child: Child, options: argparse.Namespace) -> dict[str, Any]:
    """The accuracy, or a sentence why there is none; raises SystemExit for files that do not fit."""
    try:
        return accuracy(child, options)
    except ImportError as missing:
        print(f"Without accuracy: {missing} (it is in requirements/learn.txt).")
        return {}
    except SibylError as problem:
        raise SystemExit(str(problem)) from problem


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--peers", type=Path, metavar="DIR", help="folder with checkouts of the peers")
    add("--menus", type=Path, nargs="+", help="recorded completion lists, one file or several")
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
            print("Without accuracy: it needs --menus FILES and --sources DIR.")
    show(result)
    finish(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
