"""What is changed in a server's items can be undone from the items alone."""

from __future__ import annotations

from child import Child


def test_preselect_is_the_first(nvim: Child) -> None:
    """What a server wants selected is our first instead; restored, each item says what the server said."""
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
    return true
    """
    assert nvim.lua(code)


def test_restored_items_are_the_servers(nvim: Child) -> None:
    """Empty texts come back empty, absent ones absent, after a star was in the label."""
    code = """
    local items, sort_text = require('sibyl.completion.items'), require('sibyl.completion.sort_text')
    local sent = { { label = 'a', insertText = '' }, { label = 'b', filterText = '' }, { label = 'c' } }
    local question = items.question(sent)
    local ranked = sort_text.rank(sent, question, { 3, 2, 1 }, { true, true, true }, true)
    for index, item in ipairs(ranked) do
      assert(item.insertText == sent[index].label and item.filterText == sent[index].label)
    end
    return vim.deep_equal(vim.tbl_map(sort_text.restore, ranked), sent)
    """
    assert nvim.lua(code)
