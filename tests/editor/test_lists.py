"""What the host learns of lists that are not of members, and which clients are asked for such lists at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import BEST, NAMES, open_menu, raw_replies

NAME = "return vim.tbl_map(function(l) return require('sibyl.completion.items').name({ label = l }) end, ...)"


def test_deprecated_and_importing_items_are_told(serve: Callable) -> None:
    """Kinds say what is deprecated and what adds an import, as servers do it; and arrive whole beyond 127."""
    imports = {"additionalTextEdits": [{"newText": "import a\n"}]}
    sent = [
        {"label": "a", "kind": 3},
        {"label": "b", "kind": 3, "tags": [1]},
        {"label": "c", "kind": 25, "deprecated": True, **imports},
        {"label": "d", "kind": 3, "deprecated": False, "tags": []},
        {"label": "e", "kind": 2, "tags": [2, 1], **imports},
        {"label": "f", "kind": 3, "deprecated": True},
        {"label": "g", "tags": "1", "deprecated": 1},
        {"label": "h", "kind": 3, "additionalTextEdits": []},
        {"label": "i", "kind": 3, "data": {"autoImportText": "import i"}},
        {"label": "j", "kind": 3, "data": {"autoImportText": None}},
    ]
    child, ranker, _ = serve(items=sent)
    child.type_keys("or.")
    raw_replies(child)
    assert ranker.calls("rank")[0][5] == [3, 131, 217, 3, 194, 131, 0, 3, 67, 3]


def test_every_kind_arrives_as_it_is(serve: Callable) -> None:
    """Each of the 256 bytes reaches the host as itself, and so do pairs that make a letter."""
    child, ranker, _ = serve()
    kinds = [*range(256), *(kind for pair in range(194, 218) for kind in (pair, 128 + pair % 64))]
    child.lua(
        "local question = { names = ..., kinds = select(2, ...) }"
        " local names = require('sibyl.host.numbered').packed(question.names)"
        " local kinds = require('sibyl.completion.items').kinds(question)"
        " require('sibyl.host.client').ask('rank', function() end, 1, 0, 0, 0, names, kinds)",
        [f"n{index}" for index in range(len(kinds))],
        kinds,
    )
    child.wait_for(lambda: ranker.calls("rank"))
    assert ranker.calls("rank")[0][5] == kinds


def test_a_question_is_sent_whole(nvim: Child) -> None:
    """Names and kinds arrive one for one, in the server's order, whatever a server puts into them."""
    labels = ["b", "a", "\0x\0.y", "größe", "b", "key=", "f(x)", "\n"]
    kinds = [64, 2, -1, 2.5, None, "3", 25, 0]
    items = [{"label": label, "kind": kind} for label, kind in zip(labels, kinds, strict=True)]
    for index, item in enumerate(items):
        item["sortText"] = "12111111"[index]
    code = (
        "local items = require('sibyl.completion.items') local question = items.question(...)"
        " return { require('sibyl.host.numbered').packed(question.names), items.kinds(question) }"
    )
    (first, names, numbers), packed = nvim.lua(code, items)
    assert (first, names) == (0, "b\0 x .y\0größe\0key=\0f\0\n\0a\0")
    assert [*numbers.encode()] == [0, 0, 1, 0, 2, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0]
    assert [*packed.encode()] == [0, 0, 0, 0, 0, 25, 0, 2]


def test_names_that_the_host_never_got_are_told_again(serve: Callable) -> None:
    """A list whose names were lost on the way is shown as it came; the next one is ranked."""
    child, ranker, _ = serve(items=items("jack", "json", "jump"))
    ranker.set(best=["jump"])
    child.lua("require('sibyl.host.numbered').packed({ 'jack', 'other' })")
    child.type_keys("oj")
    assert [item.get("sortText") for item in raw_replies(child)["items"]] == [None] * 3
    child.type_keys(" j")
    ranked = {item["label"]: item["sortText"][:5] for item in raw_replies(child)["items"]}
    assert ranked == {"jump": "00001", "jack": "00002", "json": "00003"}


def test_a_list_longer_than_the_table_is_told_again(nvim: Child) -> None:
    """Numbers stay below the bound of the host's table, and each list names what was sent with it or before."""
    code = (
        "local numbered, known, most = require('sibyl.host.numbered'), {}, 0"
        " for turn = 1, 6 do"
        "   local names = {}"
        "   for place = 1, 4000 do names[place] = ('n%d_%d'):format(place % 3 == 0 and 0 or turn, place) end"
        "   local first, new, list = unpack(numbered.packed(names))"
        "   if first == 0 then known = {} end"
        "   local at = first"
        "   for name in new:gmatch('([^%z]*)%z') do known[at] = name at = at + 1 end"
        "   most = math.max(most, at)"
        "   for place, name in ipairs(names) do"
        "     local low, high = list:byte(2 * place - 1, 2 * place)"
        "     if known[low + 256 * high] ~= name then return 'wrong' end"
        "   end"
        " end"
        " return most"
    )
    assert 5_000 < nvim.lua(code) <= 10_000


def test_a_dotted_label_is_one_name(nvim: Child) -> None:
    """`np.subtract` is not `np`."""
    labels = ["np.subtract", "os.O_RDONLY (import os)", "größe.x", "a.", "a..b", "f(x.y)", "k="]
    names = ["np.subtract", "os.O_RDONLY", "größe.x", "a", "a", "f", "k="]
    assert nvim.lua(NAME, labels) == names


def test_one_ranking_serves_a_word(serve: Callable) -> None:
    """Lists of one word have one order, however many letters were typed when each was asked for."""
    child, ranker, _ = serve(items=items("jack", "jason", "json", "other"))
    ranker.set(best=["json", "jack"])
    child.type_keys("oj")
    first = [item["sortText"][:5] for item in raw_replies(child)["items"]]
    ranker.set(best=["other", "jason"])
    child.type_keys("s")
    assert [item["sortText"][:5] for item in raw_replies(child)["items"]] == first
    assert len(ranker.calls("rank")) == 1
    child.type_keys(" j")
    raw_replies(child)
    assert len(ranker.calls("rank")) == 2


def test_what_is_no_language_server_is_left_alone(serve: Callable) -> None:
    """A client that offers snippets or buffer words is not ranked, and its lists come as it made them."""
    child, ranker, _ = serve(triggers=[], items=items("zeta", "alpha"))
    child.type_keys("oal")
    assert [item.get("sortText") for item in raw_replies(child)["items"]] == [None, None]
    assert ranker.calls("rank") == []
    assert child.lua("return require('sibyl.completion.lsp_hook').names()") == []


def test_snippets_are_no_other_server(serve: Callable) -> None:
    """Beside a client that completes nothing of Python, the server of our own is started."""
    options = {"server": {"enabled": True, "delay": 300, "cmd": ["/no/such/server"]}}
    child, _, _ = serve(options=options, triggers=["#"], items=items("snippet"))
    child.call("wait", 900, False)
    assert "no such program" in "".join(child.messages())


def test_beside_snippets_the_server_is_ranked(serve: Callable) -> None:
    """With both in one menu, the server's items are ranked and nothing is lost."""
    child, ranker, _ = serve(lua="NO_ENABLE = true", items=items("jack", "json"))
    ranker.set(best=["json"])
    FakeServer(child, name="snippets", triggers=[], items=items("just", kind=15))
    child.type_keys("oj<C-x><C-o>")
    child.wait_for(lambda: sorted(child.words()) == ["jack", "json", "just"])
    assert child.words().index("json") < child.words().index("jack")
    assert [call[4] for call in ranker.calls("rank")] == [["jack", "json"]]


ODD: dict[str, list[dict]] = {
    "empty labels": [{"label": ""}, {"label": "", "kind": 3}, {"label": "a", "sortText": ""}],
    "NUL and newline": [
        {"label": "a\0b"},
        {"label": "\0"},
        {"label": "a\nb"},
        {"label": "\n", "kind": 9},
    ],
    "kinds that are none": [
        {"label": "a", "kind": 0},
        {"label": "b", "kind": 999},
        {"label": "c", "kind": -1},
    ],
    "odd sortText": [
        {"label": label, "kind": 3, "sortText": text}
        for label, text in zip(
            "abcdefg", ["", "\0", "00001~sibyl=x", "é\n", "~", " " * 99, "\0\0"], strict=True
        )
    ],
    "identical names": [{"label": "same", "kind": 3, "sortText": "5"}] * 3000,
    "ten thousand": [
        {"label": f"name_{(index * 7919) % 10_000}", "kind": 6} for index in range(10_000)
    ],
    "snippets only": [
        {"label": f"s{index}", "kind": 15, "insertTextFormat": 2} for index in range(9)
    ],
}


def test_odd_lists_come_back_whole(serve: Callable) -> None:
    """Whatever a server sends: the same items, each with a place of its own, twice alike, and no message."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    ranker.set(best=["name_5", "b", "s3"], stars=1)
    child.lua("require([[sibyl.config]]).get().deadline = 30000")  # a busy machine is no failure
    child.type_keys("o")
    for oddity, sent in ODD.items():
        child.type_keys(" x")  # a word of its own
        server.set(items=sent)
        first, again = raw_replies(child)["items"], raw_replies(child)["items"]
        assert first == again, oddity
        assert len(first) == len(sent), oddity
        places = [item["sortText"][:5] for item in first]
        assert sorted(places) == [f"{place:05}" for place in range(1, len(sent) + 1)], oddity
        restored = child.lua(
            "return vim.tbl_map(require('sibyl.completion.sort_text').restore, ...)", first
        )
        assert restored == sent, oddity
        if oddity == "identical names":
            assert places == sorted(places)
    assert child.messages() == []


def test_more_than_the_most_is_left(serve: Callable) -> None:
    """A list of more items than can be ranked in time comes as the server sent it."""
    sent = items(*(f"name_{index}" for index in range(10_001)))
    child, ranker, _ = serve(lua="NO_ENABLE = true", items=sent)
    child.type_keys("ox")
    assert raw_replies(child)["items"] == sent
    assert ranker.calls("rank") == []


def test_an_incomplete_list_that_changes_loses_nothing(serve: Callable) -> None:
    """Items that come and go while one types are each there once; those that stay do not change places."""
    pages = [
        items("alpha", "also", "altar", "album"),
        items("altar", "alter", "album", "also", "alto"),
        items("alto", "alter", "altar", "alt"),
    ]
    child, ranker, _ = serve(lua="NO_ENABLE = true", incomplete=True, pages=pages)
    shown = []
    for letter, best in zip("alt", (["also"], ["alto", "altar"], ["alter"]), strict=True):
        ranker.set(best=best)
        child.type_keys("oa" if letter == "a" else letter)
        got = raw_replies(child)["items"]
        shown.append([item["label"] for item in sorted(got, key=lambda item: item["sortText"])])
    assert [sorted(listed) for listed in shown] == [
        sorted(item["label"] for item in page) for page in pages
    ]
    for before, after in itertools.pairwise(shown):
        stay = [label for label in before if label in after]
        assert [label for label in dict.fromkeys(after) if label in stay] == stay
    assert child.messages() == []


def test_the_last_item_of_a_word_keeps_its_star(serve: Callable) -> None:
    """Letters bring a list down to one item: it is shown as before; one that was never ranked, as it came."""
    pages = [items("alpha", "also", "altar"), items("also"), items("other"), items("beta")]
    child, ranker, _ = serve(lua="NO_ENABLE = true", incomplete=True, pages=pages)
    ranker.set(best=["also"], stars=1)
    child.type_keys("oa")
    starred = [
        item["label"] for item in raw_replies(child)["items"] if "~sibyl*" in item["sortText"]
    ]
    assert starred == ["also"]
    child.type_keys("l")
    (last,) = raw_replies(child)["items"]
    assert last["label"] == "also" and "~sibyl*" in last["sortText"]
    child.type_keys("s")
    assert raw_replies(child)["items"] == items("other")  # not one of those that were ranked
    child.type_keys(" b")
    assert raw_replies(child)["items"] == items("beta")
    assert len(ranker.calls("rank")) == 1


@pytest.mark.parametrize(("keys", "line"), [("<C-e>", "r.j"), ("<C-n><C-y>", "r.json")])
def test_a_late_answer_opens_no_menu_that_was_closed(serve: Callable, keys: str, line: str) -> None:
    """A list asked for while a menu was open does not open it again once it is given up or used."""
    child, _, server = serve(incomplete=True)
    if child.version < (0, 12, 0):
        pytest.skip("no reason is given why a menu was closed")
    open_menu(child)
    server.set(delay=400)
    child.type_keys("j")
    child.wait_for(lambda: server.completions() == 2, 5, "another question")
    child.type_keys(keys)
    child.call("wait", 900, False)
    assert (child.words(), child.line()) == ([], line)


ASK = """
require('sibyl.completion.sort_text').copies = error
GIVEN = {}
local place = vim.lsp.util.make_position_params(0, 'utf-16')
vim.lsp.buf_request(0, 'textDocument/completion', place, function(_, reply) table.insert(GIVEN, reply) end)
vim.wait(500, function() return false end)
return GIVEN
"""


def test_a_list_whose_ranking_fails_comes_once(serve: Callable) -> None:
    """Where something of ours fails half-way the list is as the server sent it; an order that comes is late."""
    child, ranker, _ = serve(lua="NO_ENABLE = true")
    ranker.set(best=BEST, delay=100)
    child.type_keys("or.")
    (reply,) = child.lua(ASK)
    assert len(ranker.calls("rank")) == 1
    assert reply["items"] == items(*NAMES)
