-- In: the function by which Neovim's client hears that a request was answered. Out: the same, called when the answer is
-- given on.
--
-- Who waits for a list cancels its request before the next one, and Neovim writes an error into its log where that one
-- has been answered already. A list that is held back, or left out where the word was left, is no answer yet for who
-- waits for it. Neovim 0.10 cancels none, and hears of each at once.

local M = {}

local cancels = vim.fn.has('nvim-0.11') == 1

---@class sibyl.Replied
---@field hear fun(id: integer)|nil Neovim's own
---@field heard fun(id: integer)|nil what the client is to call in its place
---@field given boolean
---@field id integer|nil of the request, once it was answered

--- A request whose answer is not given on yet.
---@param hear fun(id: integer)|nil
---@param behind fun() called when its answer, if there is one, was received
---@return sibyl.Replied
function M.held(hear, behind)
  local replied = { hear = hear, given = not cancels }
  replied.heard = hear
    and function(id)
      replied.id = id
      if replied.given then
        hear(id)
      end
      vim.schedule(behind)
    end
  return replied
end

--- The answer is given on, or nobody waits for it any more. Whether the client had been kept waiting.
---@param replied sibyl.Replied
---@return boolean
function M.give(replied)
  local kept_waiting = not replied.given and replied.id ~= nil
  replied.given = true
  if kept_waiting then
    replied.hear(replied.id)
  end
  return kept_waiting
end

return M
