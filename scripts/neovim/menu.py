"""The completion menu of a Neovim, as a person sees it.

In:   what Neovim answers to `MENU`.  Out: one `Item` for each line that shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# The lines the menu shows. Up to 0.10 "items" also holds those that no longer fit what was typed,
# and "selected" counts all; which ones show follows from how many show, as the sets for longer and
# longer beginnings of the word at the cursor lie one within the other.
MENU = """
if vim.fn.pumvisible() == 0 then return {} end
if vim.fn.has("nvim-0.11") == 1 then
  local info = vim.fn.complete_info({ "matches", "selected" })
  return { info.matches, info.selected }
end
local info = vim.fn.complete_info({ "items", "selected" })
local size, shown, place = vim.fn.pum_getpos().size, info.items, info.selected
local before = vim.api.nvim_get_current_line():sub(1, vim.fn.col(".") - 1)
local word = vim.fn.matchstr(before, [[\\k*$]]):lower()
for length = #word, 0, -1 do
  local fit, chosen = {}, -1
  for index, item in ipairs(info.items) do
    if vim.startswith(item.word:lower(), word:sub(1, length)) then
      table.insert(fit, item)
      chosen = index == info.selected + 1 and #fit - 1 or chosen
    end
  end
  if #fit == size then
    return { fit, chosen }
  end
end
return { shown, place }
"""


@dataclass(frozen=True)
class Item:
    """One line of the completion menu."""

    word: str
    abbr: str
    kind: str
    menu: str
    info: str
    selected: bool


def items_of(answer: list[Any]) -> list[Item]:
    """Return the lines of a menu from what Lua answered; none where no menu is shown."""
    if not answer:
        return []
    shown, selected = answer
    return [
        Item(item["word"], item["abbr"], item["kind"], item["menu"], item["info"], at == selected)
        for at, item in enumerate(shown)
    ]
