-- In: Neovim's own client of language servers. Out: whether it can be used here, and its log kept quiet.
--
-- When it is read it makes the folder of its log. Where that fails, it cannot be read in this Neovim any more, and each
-- use of it is an error on the screen. So it is read here, before anything else of ours uses it.

local M = {}

local function folder()
  return vim.fn.stdpath('log') --[[@as string]]
end

local function read()
  local ok, problem = pcall(require, 'vim.lsp')
  if not ok then
    -- Who comes second hears of a loop.
    return tostring(problem):match('E%d+: [^\n]*') or 'its log cannot be made in ' .. folder()
  end
end

local failure = read()

--- Why the client cannot be used, in a few words; nil where it can.
---@return string|nil
function M.failure()
  return failure
end

--- Whether it can be used; where not, that is said once.
---@return boolean
function M.usable()
  if failure then
    require('sibyl.log').tell(require('sibyl.state').of(vim.api.nvim_get_current_buf()).text)
  end
  return failure == nil
end

--- Takes note of a log that cannot be written before the client does: it says so in a message that waits for a key.
function M.quiet()
  local path = vim.fs.joinpath(folder(), 'lsp.log')
  local file = vim.uv.fs_open(path, 'a', 420) -- 0644, as Neovim makes it
  if file then
    vim.uv.fs_close(file)
    return
  end
  local notify, complained = vim.notify, false
  rawset(vim, 'notify', function()
    complained = true
  end)
  pcall(vim.lsp.log.error, 'sibyl: this log cannot be written') -- tried once in a session
  rawset(vim, 'notify', notify)
  if complained then
    require('sibyl.log').tell('the log of language servers cannot be written: ' .. path)
  end
end

return M
