"""What a file of the project says to others.

In: a file's bytes.  Out: ``Notes``: how often each member followed what, the classes defined with their bases
and attributes, what functions return, the module's names.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sibyl.code.library import BUILTIN
from sibyl.code.quotes import open_quote
from sibyl.code.stream import MEMBER, Stream
from sibyl.code.text import Text
from sibyl.code.tokens import KEYWORD_ARGUMENT, Word
from sibyl.context.chain import MemberChain
from sibyl.context.groups import COUNTED_BY_PART, around, keys, word_keys

Counts = dict[str, dict[str, int]]
"""Key of a context, name, how often."""

_MOST_ATTRIBUTES = 400  # of one class or module; generated ones have thousands
_MOST_CLASSES, _MOST_BASES = 2_000, 50  # of one file, of one class
_MOST_FUNCTIONS = 2_000  # of one file
_MOST_USES = 20_000  # of one file
_MOST_BYTES = 64 << 20  # of one file's notes; those of made-up files of a megabyte stay below it


_SHARED = COUNTED_BY_PART | {"import"}


@dataclass
class Notes:
    """What one file says to the other files of its project."""

    uses: Counts = field(default_factory=dict)
    classes: dict[str, tuple[list[str], dict[str, str]]] = field(default_factory=dict)
    """Name: bases and attributes, both as values of ``sibyl.code.origins``, in the order of definition."""
    names: dict[str, str] = field(default_factory=dict)
    """What the module binds, and to which value."""
    parameters: dict[str, list[str]] = field(default_factory=dict)
    """Last name of a function or method, or of a class and ``INIT``: what a call is given, in order."""

    def packed(self) -> bytes:
        """Return these notes as bytes that ``unpacked`` reads."""
        parts = [self.uses, self.classes, self.names, self.parameters]
        return zlib.compress(json.dumps(parts, separators=(",", ":")).encode(), 3)

    @classmethod
    def unpacked(cls, packed: bytes) -> Notes:
        """Read what ``packed`` wrote; raises ValueError when it did not."""
        try:
            unpacker = zlib.decompressobj()
            text = unpacker.decompress(packed, _MOST_BYTES)
            if not unpacker.eof:
                raise ValueError("notes that are cut short, or much larger than any")
            uses, classes, names, parameters = json.loads(text)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        classes = {name: (bases, attrs) for name, (bases, attrs) in classes.items()}
        return cls(uses, classes, names, parameters)


def take_notes(data: bytes) -> Notes:
    """Read a file, up to the first quote that is left open: from there on, text may look like code."""
    text, stream = Text(data), Stream()
    quote = open_quote(data, len(data))
    stream.advance(text, len(data) if quote < 0 else data.rfind(b"\n", 0, quote) + 1)
    origins, known = stream.reader.origins, stream.reader.module.known
    return Notes(
        uses=_uses(stream) | _words(stream),
        classes={
            name: (list(cls.bases[:_MOST_BASES]), _first(cls.attrs))
            for name, cls in islice(origins.classes.items(), _MOST_CLASSES)
        },
        names=_first(known),
        parameters=_parameters(origins.parameters),
    )


def _uses(stream: Stream) -> Counts:
    """Count the members of a stream under all their contexts."""
    kinds, texts = stream.kinds, stream.texts
    counted: Counts = {}
    chain = MemberChain()
    for use in islice(stream.uses, _MOST_USES):
        if kinds[use.at] != MEMBER:
            continue
        name = texts[use.at]
        surroundings = around(kinds, texts, use.at - 1)
        for key in keys(use, chain.last(use.spelled), surroundings, chain.last()):
            if key:
                names = counted.setdefault(key, {})
                names[name] = names.get(name, 0) + 1
        chain.append(use.spelled, name)
    return counted


def _words(stream: Stream) -> Counts:
    """Count the names of a stream that are no members and mean something in other files."""
    texts, known = stream.texts, stream.reader.module.known
    counted: Counts = {}
    for word in islice(stream.words, _MOST_USES):
        name = texts[word.at]
        if word.at + 1 < len(texts) and texts[word.at + 1] == KEYWORD_ARGUMENT:
            name += "="
        elif not _is_shared(word, name, known):
            continue
        for key in word_keys(word):
            if key:
                names = counted.setdefault(key, {})
                names[name] = names.get(name, 0) + 1
    return counted


def _is_shared(word: Word, name: str, known: Mapping[str, str]) -> bool:
    """Tell whether a name may mean the same elsewhere: what a function binds is its own."""
    if word.where in ("definition", "parameter"):
        return False
    return word.where in _SHARED or name in known or name in BUILTIN


def _first(known: Mapping[str, str]) -> dict[str, str]:
    return dict(islice(known.items(), _MOST_ATTRIBUTES))


def _parameters(known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the parameters of functions that have several: of others there is no order to know."""
    several = ((name, list(names)) for name, names in known.items() if len(names) > 1)
    return dict(islice(several, _MOST_FUNCTIONS))
