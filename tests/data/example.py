"""Counts the words of text files; a small, ordinary program to try completion in."""

# Type below each arrow, in insert mode, slowly enough to look:
#   at (1)  logger.      at (2)  path.      at (3)  counts.      at (4)  parser.
# <C-y> takes the marked line of the menu, <C-n> and <C-p> move, <C-x><C-o> asks again.

import argparse
import json
import logging
import re
from collections import Counter
from pathlib import Path

logger = logging.getLogger(__name__)
WORD = re.compile(r"[a-z']+")


def count(folder: Path, pattern: str) -> Counter[str]:
    """Count the words of all files in a folder."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.glob(pattern)):
        if not path.is_file():
            # ↓ (1)
            continue
        # ↓ (2)
        text = path.read_text(encoding="utf-8").lower()
        counts.update(WORD.findall(text))
    # ↓ (3)
    return counts


def main() -> None:
    """Read the command line and print the most frequent words."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    # ↓ (4)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    counts = count(args.folder, args.pattern)
    print(json.dumps(counts.most_common(args.most), indent=2))


if __name__ == "__main__":
    main()
