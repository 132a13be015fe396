"""What is changed in a server's items can be undone from the items alone."""

from __future__ import annotations

from child import Child


def test_preselect_is_the_first(nvim: Child) -> None:
    """Of what a server sent, our first is selected, if any; restored, each says what the server said."""
    code = """
    local items, sort_text = require('sibyl.completion.items'), require('sibyl.completion.sort_text')
    local sent = { { label = 'a', preselect = true }, { label = 'b' }, { label = 'c', preselect = false } }
    local question = items.question(sent)
    for _, ranking in ipairs({ { 3, 2, 1 }, { 2, 1, 3 }, { 1, 2, 3 } }) do
      local ranked = sort_text.rank(sent, question, ranking, {}, false)
      for index, item in ipairs(ranked) do
        assert((item.preselect == true) == (index == ranking[1]))
      end
      assert(vim.deep_equal(vim.tbl_map(sort_text.restore, ranked), sent))
    end
    local guess = { at = 0, name = 'g', item = { label = 'g' } }
    local ranked = sort_text.rank(sent, question, { 2, 1, 3 }, {}, false, nil, { guess })
    assert(ranked[2].preselect and not guess.item.preselect and guess.item.sortText < ranked[2].sortText)
    local none = { { label = 'a', preselect = false }, { label = 'b' } }
    for _, item in ipairs(sort_text.rank(none, items.question(none), { 2, 1 }, {}, false)) do
      assert(not item.preselect)
    end
    return true
    """
    assert nvim.lua(code)


def test_restored_items_are_the_servers(nvim: Child) -> None:
    """Empty texts come back empty, absent ones absent, in a copy; what was never ranked is left as it is."""
    code = """
    local items, sort_text = require('sibyl.completion.items'), require('sibyl.completion.sort_text')
    local sent = { { label = 'a', insertText = '' }, { label = 'b', filterText = '' }, { label = 'c' } }
    local question = items.question(sent)
    local ranked = sort_text.rank(sent, question, { 3, 2, 1 }, { true, true, true }, true)
    for index, item in ipairs(ranked) do
      assert(item.insertText == sent[index].label and item.filterText == sent[index].label)
    end
    local before, foreign = vim.deepcopy(ranked), { label = 'd', sortText = '5' }
    assert(vim.deep_equal(sort_text.restore(foreign), { label = 'd', sortText = '5' }))
    assert(vim.deep_equal(vim.tbl_map(sort_text.restore, ranked), sent))
    return vim.deep_equal(ranked, before)
    """
    assert nvim.lua(code)


def test_a_star_in_the_label_changes_no_text(nvim: Child) -> None:
    """What is filtered by and inserted is the server's, or else the bare label; a snippet wears no star."""
    code = """
    local items, sort_text = require('sibyl.completion.items'), require('sibyl.completion.sort_text')
    local null = vim.NIL
    local sent = {
      { label = 'a', filterText = 'x', insertText = 'y', sortText = '1' },
      { label = 'b', filterText = null, insertText = null, sortText = null },
      { label = 'c', textEdit = { newText = 'z' } },
      { label = 'd', insertTextFormat = 2 },
    }
    local question = items.question(sent)
    local stars = { true, true, true, true }
    local seen = {}
    for place, item in ipairs(sort_text.rank(sent, question, question.order, stars, true)) do
      local text = item.textEdit and item.textEdit.newText or ''
      seen[place] = { item.label, item.filterText or '', item.insertText or '', text, item.sortText }
    end
    return seen
    """
    assert nvim.lua(code) == [
        ["★ a", "x", "y", "", "00001~sibyl*l=1"],
        ["★ b", "b", "b", "", "00002~sibyl*lfi-"],
        ["★ c", "c", "", "z", "00003~sibyl*lf-"],
        ["d", "", "", "", "00004~sibyl*-"],
    ]


def test_guesses_are_sorted_as_the_host_names_them(nvim: Child) -> None:
    """In whatever menu: each one's sort key is behind that of the likelier one, and before a ranked item's."""
    code = "return vim.tbl_map(function(item) return item.sortText end, require(...).items({ 'b', 'a' }))"
    first, second = nvim.lua(code, "sibyl.completion.guesses")
    assert first < second < "00001~sibyl"


def test_what_says_nothing(nvim: Child) -> None:
    """No reply and an empty list say nothing; keywords do where no member is meant, and what cannot be read."""
    replies = [
        *(None, 7, {"items": []}, [{"label": "__init__"}]),
        *({"items": {"a": 1}}, [{"text": "a"}], [{"label": "__init__", "sortText": 1}]),
        [{"label": "import", "kind": 14}],
    ]
    code = "return vim.tbl_map(require('sibyl.completion.items').says_something, ...)"
    assert nvim.lua(code, replies) == [False] * 4 + [True] * 4
