"""The table of messages, the handlers and what Lua sends agree.

In:   sibyl.host.protocol, the methods of the worker, the Lua files of this checkout.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from child import ROOT

from sibyl.host.handlers import Work
from sibyl.host.protocol import LOST, MESSAGES, OPENED, TYPES, USE, VERSION, Message
from sibyl.ranking.lists.numbered import Reader

_OWN = {"close", "forget", "rest"}
"""Public methods of the worker that no message calls."""
_SENT = re.compile(r"\b(?:host|host\(\)|post|M)\.(send|ask)\(\s*'(\w+)'|\bquestion\('(\w+)'")


@pytest.mark.parametrize("message", MESSAGES.values(), ids=str)
def test_each_message_has_a_handler_with_its_arguments(message: Message) -> None:
    """The worker's method of that name takes these arguments, by these names, of these types."""
    if message.name == "ping":  # answered by the desk at once
        return
    _, *parameters = inspect.signature(getattr(Work, message.name)).parameters.values()
    assert message.arguments == tuple(parameter.name for parameter in parameters)
    assert [TYPES[name] for name in message.arguments] == [
        parameter.annotation for parameter in parameters
    ]


def test_each_handler_has_a_message() -> None:
    """No method of the worker waits for a message that nobody can send."""
    methods = {name for name in vars(Work) if not name.startswith("_")}
    assert methods - _OWN == {*MESSAGES, LOST, OPENED, USE} - {"ping"}


_TOKEN = re.compile(r"'[^'\n]*'|--[^\n]*|[(){}\[\],]|\b(?:function|if|do|repeat|end|until)\b")
_DEEPER = {*"([{", "function", "if", "do", "repeat"}
_BACK = {*")]}", "end", "until"}


def arguments_of(text: str, at: int) -> list[str]:
    """The arguments of a Lua call whose bracket opens at `at`, as they are written."""
    depth, begin, arguments = 0, at + 1, []
    for token in _TOKEN.finditer(text, at):
        depth += (token[0] in _DEEPER) - (token[0] in _BACK)
        if depth == 0 or (token[0] == "," and depth == 1):
            arguments.append(text[begin : token.start()].strip())
            begin = token.end()
        if depth == 0:
            return [argument for argument in arguments if argument]
    raise AssertionError("a bracket stays open")


def sent_by_lua() -> list[tuple[str, str, int]]:
    """Where Lua sends a message, which, and with how many arguments, the number of a question included."""
    sent = []
    for path in sorted((ROOT / "lua").rglob("*.lua")):
        text = path.read_text(encoding="utf-8")
        for match in _SENT.finditer(text):
            name = match[2] or match[3]
            given = arguments_of(
                text, text.index("(", match.start() + (match[0].startswith("host()") * 6))
            )
            # `ask` has a callback in place of the number; `question` has neither.
            count = len(given) - 1 + (match[3] is not None)
            sent.append((f"{path.name}: {name}", name, count))
    return sent


@pytest.mark.parametrize(("where", "name", "count"), sent_by_lua())
def test_lua_sends_what_the_table_says(where: str, name: str, count: int) -> None:
    """Each call of `send` and `ask` names a message there is, with as many arguments as it has."""
    assert (where, len(MESSAGES[name].arguments)) == (where, count)


def test_lua_sends_all_messages() -> None:
    """The calls are found at all, and no message is left over from older days; tests alone send `ping`."""
    assert {name for _, name, _ in sent_by_lua()} | {"ping"} == set(MESSAGES)


def test_arguments_are_decoded_by_their_types() -> None:
    """Texts become bytes, numbers of names become names, and what is missing stays missing."""
    rank, edit, reader = MESSAGES["rank"], MESSAGES["edit"], Reader()
    *numbers, names, kinds = rank.decoded(
        (7, 1, 3, 9, 5, [0, "a\0b\0", "\1\0\0\0"], "\x02\udc80"), reader
    )
    assert (numbers, [*names], kinds) == ([7, 1, 3, 9, 5], ["b", "a"], b"\2\x80")
    assert rank.decoded((7, 1, 3, 9, 5, [3, "", "\1\0"]), reader)[5] is None
    assert edit.decoded((1, 3, 0, 4, "\u00e9\udcff"), reader) == [1, 3, 0, 4, b"\xc3\xa9\xff"]
    assert edit.decoded((1,), reader) == [1]


def test_what_depends_on_a_text_is_known_by_its_sequence_number() -> None:
    """The mailbox may drop these when too much waits; the worker asks for the text when one fails."""
    assert {name for name, message in MESSAGES.items() if message.of_text} == {
        "attach", "edit", "cursor", "accepted", "rank", "guess",
    }  # fmt: skip
    assert {name for name, message in MESSAGES.items() if message.question} == {
        "rank", "guess", "explain", "memory", "experiment", "model", "status", "ping",
    }  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"protocol": VERSION + 1}], ids=["nothing", "another"])
def test_a_host_that_was_updated_says_so(options: dict[str, int]) -> None:
    """Where Lua speaks older messages than the host, nothing is ranked, and a sentence says what to do."""
    answers: list[Any] = []
    work = Work(lambda *answer: answers.append(answer), lambda _: True)
    work.start(options)
    work.rank(7, 1, 0, 1, 1, ["a"], b"\2")
    (_, _, notice), (_, _, ready), (number, _, none) = answers
    assert "started again" in notice["text"] and ready["ok"] is False
    assert (number, none["reason"]) == (7, "no model")
