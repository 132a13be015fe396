"""The check-up `:checkhealth sibyl`, as text.

In:   a running `Child`.
Out:  `health`: the report, which stays open.
"""

from __future__ import annotations

from child import Child


def health(child: Child) -> str:
    """Run the check-up and return the report."""
    child.command("checkhealth sibyl")
    return "\n".join(child.lines())
