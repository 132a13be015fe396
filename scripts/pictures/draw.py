#!/usr/bin/env python3
"""Draw the pictures of README: `make pictures`.

In:   the newest Neovim (scripts/neovim/bring.py), the environment of `make setup`.
Out:  SVGs in doc/pictures, of real screens. One whose screen differs in digits alone (milliseconds, sizes) is
      left as it is.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "scripts/neovim")]

import find  # noqa: E402 (found through the line above, as the next)
import scenes  # noqa: E402
import svg  # noqa: E402

PICTURES = ROOT / "doc/pictures"
BESIDE = (56, 23)  # columns and rows of each side
STILLS: dict[str, tuple[str, tuple[int, int], Callable[[scenes.Stage], svg.Rows]]] = {
    "explain": (":Sibyl explain", (112, 25), scenes.explain),
    "report": (":Sibyl report (simulated words)", (100, 34), scenes.report),
    "health": (":checkhealth sibyl", (112, 30), scenes.health),
    "among": ("keyword arguments of earlier calls, in ty's list", (72, 26), scenes.among),
    "guesses": ("<C-Space> where the language server knows no name", (72, 30), scenes.guesses),
}
NAMES = ("resp", *STILLS)


def same_but_digits(first: str, other: str) -> bool:
    """Whether two pictures show the same but for numbers that were measured."""
    texts = [
        re.sub(r"[\d.]+", "0", "\n".join(re.findall(r">([^<]+)<", text))) for text in (first, other)
    ]
    return texts[0] == texts[1]


def keep(path: Path, text: str) -> None:
    """Write a picture, if it shows something else than the one that is there."""
    if path.exists() and same_but_digits(path.read_text(encoding="utf-8"), text):
        print(f"{path.name}: as it was")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(text.encode()) / 1000:.0f} kB")


def draw(name: str, nvim: Path, home: Path) -> str:
    """Return one picture."""
    if name == "resp":
        return svg.animated(*scenes.side_by_side(nvim, home, BESIDE))
    title, size, scene = STILLS[name]
    stage = scenes.Stage(nvim, home, ranked=True, size=size)
    try:
        return svg.still(title, scene(stage))
    finally:
        stage.close()


def main(argv: list[str] | None = None) -> int:
    """Draw all of them, or those that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; else all")
    parser.add_argument("--out", type=Path, default=PICTURES)
    asked = parser.parse_args(argv)
    nvims = find.neovims()
    if not nvims:
        print("pictures: no Neovim is here; run make neovim.", file=sys.stderr)
        return 1
    home = Path(tempfile.mkdtemp(prefix="sibyl-pictures-"))
    try:
        for name in asked.names or NAMES:
            keep(asked.out / f"{name}.svg", draw(name, nvims[-1], home / name))
    except AssertionError as problem:
        print(f"pictures: {problem}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
