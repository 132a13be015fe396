"""Prints what a basket costs; four stops to see what sibyl does. Each tells what to type and what to see."""

# <F2> shows the list on the screen in the server's own order, and in sibyl's again: press it at each stop.
# o opens a line, <C-n> marks the next line of a menu, <C-y> takes it, <C-x><C-o> asks for the menu again.

import argparse
import json
from pathlib import Path

from basket import Basket


def main() -> None:
    """Read the command line and print the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    # ↓ (1) Type  parser.  What a parser is mostly asked for stands first.

    # ↓ (2) Type  parser.add_argument("--currency",  and <C-x><C-o>: its arguments come first; ★: sure.

    args = parser.parse_args()
    basket = Basket()
    # ↓ (3) Type  basket.  A class of another file: what is called below and in sale.py stands first.

    for item in json.loads(args.file.read_text()):
        basket.put(item["name"], item["price"])
    print(basket.total())
    # ↓ (4) Leave insert mode and type  :Sibyl explain  : the last list, line by line, and why. q closes it.


if __name__ == "__main__":
    main()
