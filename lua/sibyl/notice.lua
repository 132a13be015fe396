-- In: sentences for the user. Out: one line, or a window with all of it: no sentence is ever cut, and no message
--     makes Neovim wait for a key in the middle of typing.

local M = {}

local api = vim.api
local WIDEST = 76
local SHORTEST_MS, MS_PER_BYTE = 10000, 60 -- how long a window stays; reading aloud takes about as long

local moved = false -- whether a line that moves is on the screen, on Neovim before 0.12
local window, timer ---@type integer|nil, uv.uv_timer_t|nil

--- One line of a text: a line end or another control character would need more room than one line has.
---@param text string
---@return string
function M.line(text)
  return vim.fn.strtrans((text:gsub('%s+', ' ')))
end

--- Whether a text fits in the message line.
---@param text string
---@return boolean
function M.fits(text)
  return vim.fn.strdisplaywidth(text) <= vim.v.echospace
end

--- Cuts a text to the message line, for what changes before it could be read anyway.
---@param text string
---@param more string|nil what stands at the end of a text that was cut
---@return string
function M.fit(text, more)
  text, more = M.line(text), more or '…'
  if M.fits(text) then
    return text
  end
  return vim.fn.strcharpart(text, 0, math.max(vim.v.echospace - vim.fn.strdisplaywidth(more) - 1, 0)) .. more
end

-- Breaks a text into lines at its blanks.
local function wrapped(text, width)
  local lines, line = {}, ''
  for word in text:gmatch('%S+') do
    if line ~= '' and vim.fn.strdisplaywidth(line .. ' ' .. word) > width then
      table.insert(lines, line)
      line = word
    else
      line = line == '' and word or line .. ' ' .. word
    end
  end
  table.insert(lines, line)
  return lines
end

--- Closes the window, if there is one.
function M.close()
  if timer then
    timer:stop()
    timer:close()
    timer = nil
  end
  if window and api.nvim_win_is_valid(window) then
    api.nvim_win_close(window, true)
  end
  window = nil
end

-- Rows a text takes when each line is broken at the window's edge.
local function height(lines, width)
  local rows = 0
  for _, line in ipairs(lines) do
    rows = rows + math.max(1, math.ceil(vim.fn.strdisplaywidth(line) / width))
  end
  return rows
end

-- Opens a window in the lower right corner. It takes no key from the user, and goes when there was time to read it.
local function open(text, level)
  M.close()
  local width = math.max(math.min(WIDEST, vim.o.columns - 4), 10)
  local lines = wrapped(text, width)
  local buf = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].bufhidden, vim.bo[buf].modifiable = 'wipe', false
  vim.keymap.set('n', 'q', M.close, { buffer = buf, nowait = true, desc = 'sibyl: close this window' })
  window = api.nvim_open_win(buf, false, {
    relative = 'editor',
    anchor = 'SE',
    row = vim.o.lines - vim.o.cmdheight - 1,
    col = vim.o.columns - 1,
    width = width,
    height = math.min(height(lines, width), math.max(vim.o.lines - 6, 1)),
    style = 'minimal',
    border = 'single',
    noautocmd = true,
  })
  vim.wo[window].wrap = true
  vim.wo[window].winhighlight = level >= vim.log.levels.ERROR and 'NormalFloat:ErrorMsg'
    or level >= vim.log.levels.WARN and 'NormalFloat:WarningMsg'
    or ''
  timer = vim.uv.new_timer()
  local function over()
    if window and api.nvim_win_is_valid(window) and api.nvim_get_current_win() == window then
      return -- somebody reads it, or copies from it
    end
    M.close()
  end
  local wait = math.max(SHORTEST_MS, MS_PER_BYTE * #text)
  timer:start(wait, 1000, vim.schedule_wrap(over))
end

-- Whether vim.notify is Neovim's own (compiled in, without a name from 0.12 on); a plugin's has room of its own.
local function plain_notify()
  local source = debug.getinfo(vim.notify, 'S').source
  return source == '?' or source == '=?' or source:find('vim[/.]_') ~= nil
end

--- Says one sentence, whole: in the message line where it fits, else in a window; `:messages` keeps its beginning
--- and says where the rest is.
---@param text string
---@param level integer|nil vim.log.levels
function M.say(text, level)
  level = level or vim.log.levels.INFO
  if moved then
    vim.cmd.redraw() -- a second message at once would make Neovim wait for a key
    moved = false
  end
  text = 'sibyl: ' .. M.line(text)
  if M.fits(text) or not plain_notify() or #api.nvim_list_uis() == 0 then
    return vim.notify(text, level)
  end
  vim.notify(M.fit(text, '… (:Sibyl log)'), level)
  open(text, level)
end

local progress ---@type integer|string|nil the message that moves, on Neovim 0.12

--- One line that moves: each call takes the place of the one before.
---@param text string
---@param percent integer|nil
---@param status 'running'|'success'|nil
function M.progress(text, percent, status)
  status = status or 'running'
  local in_history = status ~= 'running' -- `:messages` has how it ended
  if vim.fn.has('nvim-0.12') == 1 then
    local options = { kind = 'progress', source = 'sibyl', title = 'sibyl', status = status, percent = percent }
    options.id = progress
    -- "sibyl: " and ": 100% " are put before it.
    local shown = vim.fn.strcharpart(M.line(text), 0, math.max(vim.v.echospace - 14, 0))
    local ok, id = pcall(api.nvim_echo, { { shown } }, in_history, options)
    progress = ok and status == 'running' and id or nil
    if ok then
      return
    end
  end
  vim.cmd.redraw()
  moved = true
  local share = percent and not in_history and percent .. ' % ' or ''
  api.nvim_echo({ { M.fit(('sibyl: %s%s'):format(share, text)) } }, in_history, {})
end

--- Ends the line that moves, where Neovim would show it as going on; what went wrong is said by say().
function M.progress_failed()
  if progress then
    local options = { kind = 'progress', source = 'sibyl', title = 'sibyl', status = 'failed', id = progress }
    pcall(api.nvim_echo, { { 'failed' } }, false, options)
    progress = nil
  end
end

return M
