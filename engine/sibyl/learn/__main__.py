"""The door to learning: `python -m sibyl.learn STAGE ...`."""

import sys

from sibyl.learn.stages import main

if __name__ == "__main__":
    sys.exit(main())
