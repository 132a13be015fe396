"""The members used before, on the same receiver and on any.

In: members in reading order, each with its receiver as written.  Out: the last one before a place.

``memory.notes`` counts whole files by it, ``context.usage`` the text above the cursor, which also goes back.
``learn.streams.uses`` says the same of streams, where a receiver is known by its last name and its origin.
"""

from __future__ import annotations


class MemberChain:
    """Members used so far; the newest can be taken off again."""

    def __init__(self) -> None:
        self._by_receiver: dict[str, list[str]] = {}
        self._members: list[str] = []
        self._receivers: list[str] = []

    def last(self, receiver: str | None = None) -> str:
        """Return the member used last, on this receiver or on any; '' if none was."""
        members = self._members if receiver is None else self._by_receiver.get(receiver)
        return members[-1] if members else ""

    def append(self, receiver: str, member: str) -> None:
        """Note that a member was used on a receiver."""
        self._by_receiver.setdefault(receiver, []).append(member)
        self._members.append(member)
        self._receivers.append(receiver)

    def pop(self) -> None:
        """Forget the newest member."""
        self._members.pop()
        self._by_receiver[self._receivers.pop()].pop()
