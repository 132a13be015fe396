"""Stream: the tokens of a text.

In:   the snippets in tests/data/streams/, with their tokens as plain text.

A snippet is a title after `==`, the source with the cursor, and after `--` its tokens: members with a dot
before them, origins with an @, one line a line of the source.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from sibyl.code.stream import FIXED, MEMBER, NAME, ORIGIN, Stream
from sibyl.code.text import Text
from sibyl.code.tokens import FIXED_TOKENS

FOLDER = Path(__file__).resolve().parents[1] / "data" / "streams"
FILES = sorted(FOLDER.glob("*.txt"))
CURSOR = "▮"
DRAWN = str.maketrans({"␉": "\t", "␍": "\r", "␌": "\f"})


def snippets(path: Path) -> list[tuple[str, str, str]]:
    """Title, source with its cursor, and tokens of each snippet of a file."""
    parts = re.split(r"^== (.*)\n", path.read_text(encoding="utf-8"), flags=re.M)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [(title, *body.split("\n--\n")) for title, body in pairs]


def streamed(source: str) -> tuple[Stream, bytes, int]:
    """The stream of a source up to its cursor, with the source's bytes and the cursor."""
    before, _, after = source.translate(DRAWN).partition(CURSOR)
    data, cursor = (before + after).encode(), len(before.encode())
    return at(data, cursor), data, cursor


def at(data: bytes, cursor: int) -> Stream:
    """The stream of some bytes for a word at the cursor."""
    text, stream = Text(data), Stream()
    stream.advance(text, text.word_start(cursor))
    return stream


def written(stream: Stream) -> str:
    """A stream as it stands in the snippets' files."""
    words = []
    for kind, text in zip(stream.kinds, stream.texts, strict=True):
        line = "\n" if text in ("<nl>", "<in>", "<de>", "<dd>") else ""
        words.append(line + ("." if kind == MEMBER else "") + text)
    return " ".join(words).replace(" \n", "\n").strip("\n")


SNIPPETS = [
    pytest.param(source, tokens, id=f"{path.stem}: {title}")
    for path in FILES
    for title, source, tokens in snippets(path)
]


@pytest.mark.parametrize(("source", "tokens"), SNIPPETS)
def test_a_snippet_has_these_tokens(source: str, tokens: str) -> None:
    """What a text is to the model changes on purpose only: models are trained on exactly this."""
    assert tokens.split() == written(streamed(source)[0]).split()


@pytest.mark.parametrize(("source", "tokens"), SNIPPETS)
def test_lists_of_a_stream_fit_each_other(source: str, tokens: str) -> None:
    """Kinds and texts are as many, and their names are those of the text, in its order."""
    stream, data, cursor = streamed(source)
    assert len(stream.kinds) == len(stream.texts)
    at, members = 0, []
    for index, (kind, text) in enumerate(zip(stream.kinds, stream.texts, strict=True)):
        assert kind != FIXED or text in FIXED_TOKENS
        assert kind != ORIGIN or text[0] == "@"
        if kind in (NAME, MEMBER):
            at = data.index(text.encode(), at, cursor) + len(text.encode())
        if kind == MEMBER:
            members.append((index, stream.texts[index - 1]))
            assert stream.kinds[index - 1] == ORIGIN
    assert members == [(index, origin) for index, origin, *_ in stream.uses]


@pytest.mark.parametrize(("source", "tokens"), SNIPPETS)
def test_nothing_below_the_cursor_matters(source: str, tokens: str) -> None:
    """The same text above gives the same tokens, whatever stands below."""
    stream, data, cursor = streamed(source)
    chance = random.Random(source)
    for _ in range(10):
        below = bytes(chance.choice(b"abc.()[]{}'\"\\\n\n  :=#@\x00\xc3") for _ in range(40))
        # What follows directly may lengthen the word, never what comes before it.
        other = at(data[:cursor] + chance.choice((b"", b"\n", b"word ")) + below, cursor)
        assert (stream.texts, stream.uses) == (other.texts, other.uses)


@pytest.mark.parametrize(("source", "tokens"), SNIPPETS)
def test_the_letters_typed_change_nothing(source: str, tokens: str) -> None:
    """The word being completed is not seen: its list keeps one order while letters filter it."""
    stream, data, cursor = streamed(source)
    start = Text(data).word_start(cursor)
    text, live = Text(data[:start]), Stream()
    live.advance(text, start)
    for typed, letter in enumerate(("_", "n", "ä", "7")):
        live.edit(text.apply(len(text), 0, letter.encode()))
        first = live.advance(text, text.word_start(len(text)))
        assert typed == 0 or first >= len(stream.texts) - 1
        assert stream.texts == live.texts


def test_only_what_changed_is_read_again() -> None:
    """A character at the end of a long file costs a few leaves, not the file."""
    source = (
        b"import os\nclass A(B):\n    def f(self, x):\n        self.x = os.path.join(x, 'a')\n"
        * 500
    )
    text, stream = Text(source), Stream()
    stream.advance(text, len(text))
    read, tokens = stream.reader.read, len(stream.kinds)
    seen = 0

    def counted(begin: int, end: int, kind: int) -> None:
        nonlocal seen
        seen += 1
        read(begin, end, kind)

    stream.reader.read = counted  # type: ignore[method-assign]
    for letter in b"        self.x.y = os.path.basename(x)\n":
        stream.edit(text.apply(len(text), 0, bytes((letter,))))
        before, seen = seen, 0
        first = stream.advance(text, text.word_start(len(text)))
        assert seen <= 40, f"{seen} leaves after {before} for {chr(letter)!r}"
        assert first >= tokens - 40
    assert len(stream.kinds) > tokens


def test_the_letters_of_a_first_word_change_nothing() -> None:
    """What is told of an empty line stays told while its first word is typed: nobody after us does a thing."""
    text, stream = Text(b"def f(a):\n    b = a\n    "), Stream()
    stream.advance(text, len(text))
    tokens = list(stream.texts)
    for letter in b"name":
        stream.edit(text.apply(len(text), 0, bytes((letter,))))
        assert stream.advance(text, text.word_start(len(text))) == len(tokens)
        assert tokens == stream.texts
    stream.edit(text.apply(len(text) - 8, 8, b""))
    assert stream.advance(text, len(text)) == len(tokens) - 1
    assert stream.texts[-1] != tokens[-1]


def test_a_rest_says_the_same() -> None:
    """After `refresh` all is parsed again, and who comes after is told that it says the same."""
    text, stream = Text(b"a.b(c.d)\ne."), Stream()
    stream.advance(text, len(text))
    texts, tree = list(stream.texts), stream.syntax.tree
    stream.refresh()
    assert stream.advance(text, len(text)) == len(texts)
    assert texts == stream.texts and stream.syntax.tree is not tree


def main() -> None:
    """Write the tokens again."""
    for path in FILES:
        head = path.read_text(encoding="utf-8").partition("== ")[0]
        rows = [
            f"== {title}\n{source}\n--\n{written(streamed(source)[0])}\n\n"
            for title, source, _ in snippets(path)
        ]
        path.write_text(head + "".join(rows).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
