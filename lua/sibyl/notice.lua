-- In: sentences for the user. Out: one line, or a window with all of it: no sentence is ever cut, and no message
--     makes Neovim wait for a key, which would take the next one from what is typed.

local insert_mode = require('sibyl.insert_mode')

local M = {}

local api = vim.api
local GROUP = 'sibyl_notice'
local WIDEST = 76
local BORDER = 2 -- lines or columns
local ABOVE_MENUS = 150 -- where there is no room beside it: Neovim's own menu has 100
local SHORTEST_MS, MS_PER_BYTE = 10000, 60 -- how long a window stays; reading aloud takes about as long

local moved = false -- whether a line that moves is on the screen, on Neovim before 0.12
local window, timer ---@type integer|nil, uv.uv_timer_t|nil
local unused ---@type integer|nil a buffer whose window could not be opened

--- One line of a text: a line end or another control character would need more room than one line has.
---@param text string
---@return string
function M.line(text)
  return vim.fn.strtrans((text:gsub('%s+', ' ')))
end

-- Rows that lines take when each is broken at an edge.
local function height(lines, width)
  local rows = 0
  for _, line in ipairs(lines) do
    rows = rows + math.max(1, math.ceil(vim.fn.strdisplaywidth(line) / width))
  end
  return rows
end

--- Whether lines fit where messages stand: in as many rows as option 'cmdheight' says, the last of them shorter.
---@param lines string[]
---@return boolean
function M.fits(lines)
  local width, rows = vim.o.columns, math.max(vim.o.cmdheight, 1)
  local last = (vim.fn.strdisplaywidth(lines[#lines]) - 1) % width + 1
  local used = height(lines, width)
  return used < rows or used == rows and last <= vim.v.echospace
end

-- The beginning of a text: as many cells of the screen, where a letter may take two.
local function cut(text, cells)
  return vim.fn.printf(('%%.%dS'):format(math.max(cells, 0)), text)
end

--- Cuts a text to the message line, for what changes before it could be read anyway.
---@param text string
---@param more string|nil what stands at the end of a text that was cut
---@return string
function M.fit(text, more)
  text, more = M.line(text), more or '…'
  if vim.fn.strdisplaywidth(text) <= vim.v.echospace then
    return text
  end
  if vim.fn.strdisplaywidth(more) >= vim.v.echospace then
    more = '…' -- a screen of a few columns
  end
  return cut(text, vim.v.echospace - vim.fn.strdisplaywidth(more) - 1) .. more
end

-- Breaks each text into lines at its blanks; what stands in stays so.
local function wrapped(texts, width)
  local lines = {}
  for _, text in ipairs(texts) do
    local indent, line = text:match('^ *'), nil
    for word in text:gmatch('%S+') do
      if line and vim.fn.strdisplaywidth(line .. ' ' .. word) > width then
        table.insert(lines, line)
        line = nil
      end
      line = line and line .. ' ' .. word or indent .. word
    end
    table.insert(lines, line or '')
  end
  return lines
end

--- Closes the window, if there is one. While a mapping waits for a key none can be closed (E565): then the timer does.
function M.close()
  if window and api.nvim_win_is_valid(window) and not pcall(api.nvim_win_close, window, true) then
    return
  end
  window = nil
  api.nvim_create_augroup(GROUP, { clear = true })
  if timer then
    timer:stop()
    timer:close()
    timer = nil
  end
end

-- The first row of a window with its border, at the right edge: below, or above where the menu or the cursor is below.
local function row_beside_the_menu(width, rows)
  local below = math.max(vim.o.lines - vim.o.cmdheight - 1 - rows, 0)
  local menu = vim.fn.pum_getpos()
  if not menu.row then
    return below
  end
  local cursor = vim.fn.screenpos(0, vim.fn.line('.'), vim.fn.col('.')).row - 1
  local function is_free(row)
    local function apart(first, last)
      return last < row or first >= row + rows
    end
    local beside = menu.col + menu.width + (menu.scrollbar and 1 or 0) < vim.o.columns - width
    return (beside or apart(menu.row, menu.row + menu.height - 1)) and apart(cursor, cursor)
  end
  local above = vim.o.showtabline == 2 and 1 or 0
  return (is_free(below) or not is_free(above)) and below or above
end

-- Opens a window in the lower right corner, beside the menu if there is one. It takes no key from the user, and goes
-- when there was time to read it.
local function open(texts, level)
  M.close()
  local width = math.max(math.min(WIDEST, vim.o.columns - 4), 10)
  local lines = wrapped(texts, width)
  local rows = math.min(height(lines, width), math.max(vim.o.lines - 6, 1))
  local buf = unused and api.nvim_buf_is_valid(unused) and unused or api.nvim_create_buf(false, true)
  unused = buf
  vim.bo[buf].modifiable = true
  api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].bufhidden, vim.bo[buf].modifiable = 'wipe', false
  vim.keymap.set('n', 'q', M.close, { buffer = buf, nowait = true, desc = 'sibyl: close this window' })
  window = api.nvim_open_win(buf, false, {
    relative = 'editor',
    anchor = 'NE',
    row = row_beside_the_menu(width + BORDER, rows + BORDER),
    col = vim.o.columns - 1,
    width = width,
    height = rows,
    zindex = ABOVE_MENUS,
    style = 'minimal',
    border = 'single',
    noautocmd = true,
  })
  unused = nil
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
  local wait = math.max(SHORTEST_MS, MS_PER_BYTE * #table.concat(lines, ' '))
  timer:start(wait, 1000, vim.schedule_wrap(over))
end

-- Whether vim.notify is Neovim's own (compiled in, without a name from 0.12 on); a plugin's has room of its own.
local function plain_notify()
  local source = debug.getinfo(vim.notify, 'S').source
  return source == '?' or source == '=?' or source:find('vim[/.]_') ~= nil
end

-- Closes the window with the menu that it speaks of, at the latest when text is changed without one.
local function close_with_menu()
  api.nvim_create_autocmd({ 'CompleteDone', 'InsertLeave', 'TextChangedI', 'TextChanged' }, {
    group = GROUP,
    desc = 'sibyl: close the window that speaks of the menu',
    callback = M.close,
  })
end

--- Says one sentence, or several lines, whole: where messages stand if it fits, else in a window; `:messages` keeps
--- its beginning and says where the rest is: in the log.
---@param text string|string[]
---@param level integer|nil vim.log.levels
---@param of_menu boolean|nil whether it speaks of the menu that is open: a window closes with that
function M.say(text, level, of_menu)
  level = level or vim.log.levels.INFO
  if moved then
    vim.cmd.redraw() -- a second message at once would make Neovim wait for a key
    moved = false
  end
  local texts = type(text) == 'table' and text or { text } ---@type string[]
  local lines = vim.tbl_map(function(each)
    return each:match('^ *') .. vim.trim(M.line(each))
  end, texts)
  lines[1] = 'sibyl: ' .. lines[1]
  local fits, whole = M.fits(lines), table.concat(lines, '\n')
  local has_a_line = vim.o.cmdheight > 0
  -- What stands in the message line is overdrawn by "-- INSERT --".
  local overdrawn = of_menu and vim.o.showmode and insert_mode.inserting()
  if (fits and has_a_line and not overdrawn) or not plain_notify() or #api.nvim_list_uis() == 0 then
    return vim.notify(whole, level)
  end
  -- Not shown, but for execute() and :redir, which want to have all of it.
  vim.cmd.echo({ vim.fn.string(whole), mods = { silent = true } })
  local is_logged = not fits and require('sibyl.log').keep(table.concat(texts, '\n'), level)
  local more = is_logged and '… (:Sibyl log)' or '…'
  local shown = fits and whole or #lines == 1 and M.fit(lines[1], more) or M.fit(lines[1] .. more, more)
  if has_a_line then -- without one any message waits for a key
    vim.notify(shown, level)
  end
  local opened = pcall(open, lines, level) -- not while a mapping waits for a key (E565)
  if opened and of_menu then
    close_with_menu()
  end
end

local progress ---@type integer|string|nil the message that moves, on Neovim 0.12

-- Shows the message that moves; false where this Neovim cannot.
local function move(text, status, percent)
  local options = { kind = 'progress', source = 'sibyl', title = 'sibyl', status = status, percent = percent }
  options.id = progress
  local ok, id = pcall(api.nvim_echo, { { text } }, status == 'success', options) -- `:messages` has how it ended
  progress = ok and status == 'running' and id or nil
  return ok
end

--- One line that moves: each call takes the place of the one before.
---@param text string
---@param percent integer|nil
---@param done boolean|nil whether it is the last one
function M.progress(text, percent, done)
  if vim.fn.has('nvim-0.12') == 1 then
    -- A plugin that draws all messages may not know this kind (noice.nvim shows none of it): beginning and end are
    -- said through it, too.
    if not plain_notify() and (done or not progress) then
      M.say(done and text or text .. ' (:Sibyl tells how far it is)')
    end
    -- "sibyl: " and ": 100% " are put before it.
    if move(cut(M.line(text), vim.v.echospace - 14), done and 'success' or 'running', percent) then
      return
    end
  end
  vim.cmd.redraw()
  moved = true
  local share = percent and not done and percent .. ' % ' or ''
  api.nvim_echo({ { M.fit(('sibyl: %s%s'):format(share, text)) } }, done == true, {})
end

--- Ends the line that moves, where Neovim would show it as going on; what went wrong is said by say().
function M.progress_failed()
  if progress then
    move('failed', 'failed')
  end
end

return M
