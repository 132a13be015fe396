-- In: a buffer and places in it. Out: bytes, as the host counts them: lines joined by "\n" and ending with one,
-- whatever 'fileformat' and 'endofline' say.

local M = {}

local api = vim.api

-- The byte at which a row starts; row = line count gives the length of the whole.
local function row_start(buf, row)
  local count = api.nvim_buf_line_count(buf)
  if row < count then
    return api.nvim_buf_get_offset(buf, row)
  end
  local last = api.nvim_buf_get_lines(buf, count - 1, count, false)[1] or ''
  return api.nvim_buf_get_offset(buf, count - 1) + #last + 1
end

--- Length of the buffer in bytes, as it is now.
---@param buf integer
---@return integer
function M.length(buf)
  return row_start(buf, api.nvim_buf_line_count(buf))
end

-- Row and column of a byte, by halving: a line's offset is cheap to ask for.
local function position(buf, byte)
  local low, high = 0, api.nvim_buf_line_count(buf)
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    if api.nvim_buf_get_offset(buf, middle) <= byte then
      low = middle
    else
      high = middle
    end
  end
  return low, byte - api.nvim_buf_get_offset(buf, low)
end

--- Length in bytes of a line, 0 where there is none; no text is looked at.
---@param buf integer
---@param row integer 0-based
---@return integer
function M.row_length(buf, row)
  if row >= api.nvim_buf_line_count(buf) then
    return 0
  end
  return row_start(buf, row + 1) - row_start(buf, row) - 1
end

--- Length in bytes of the line that a byte stands in; no text is looked at.
---@param buf integer
---@param byte integer
---@return integer
function M.line_length(buf, byte)
  return M.row_length(buf, (position(buf, byte)))
end

--- The text between two bytes of the buffer.
---@param buf integer
---@param from integer
---@param to integer
---@return string
function M.slice(buf, from, to)
  if from >= to then
    return ''
  end
  local from_row, from_col = position(buf, from)
  local to_row, to_col = position(buf, to)
  local last = api.nvim_buf_get_lines(buf, to_row, to_row + 1, true)[1]
  local closing = ''
  if to_col > #last then -- past the last line's end: its "\n" is not in any line
    to_col, closing = #last, '\n'
  end
  if from_row == to_row and from_col > to_col then
    return closing
  end
  local lines = api.nvim_buf_get_text(buf, from_row, from_col, to_row, to_col, {})
  return table.concat(lines, '\n') .. closing
end

-- Bytes above 127 belong to letters: Python's names may hold any of them.
local IN_WORD = {} ---@type table<integer, true>
for byte = 0, 255 do
  if byte > 127 or string.char(byte):match('[%w_]') then
    IN_WORD[byte] = true
  end
end

--- The column where the word that ends at a column begins. Not by a pattern that ends with `$`: that is tried at
--- every byte of the line, and each time runs to the end of the word it has met.
---@param line string
---@param col integer 0-based byte
---@return integer
function M.word_start(line, col)
  local start = math.min(col, #line)
  while start > 0 and IN_WORD[line:byte(start)] do
    start = start - 1
  end
  return start
end

--- The byte where the word at a position begins; without a position, the cursor's.
---@param buf integer
---@param row integer|nil 0-based
---@param col integer|nil 0-based byte
---@return integer offset
---@return integer col where the word starts
function M.word(buf, row, col)
  if not row then
    local cursor = api.nvim_win_get_cursor(0)
    -- While a buffer is being read the cursor may still stand where the old text was longer.
    row, col = math.min(cursor[1], api.nvim_buf_line_count(buf)) - 1, cursor[2]
  end
  local start = M.word_start(api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or '', col)
  return row_start(buf, row) + start, start
end

--- Bytes before a position of the language server protocol in a line.
---@param line string
---@param character integer
---@param encoding string|nil
---@return integer
function M.column(line, character, encoding)
  if encoding == 'utf-8' then
    return math.min(character, #line)
  end
  local ok, col
  if vim.fn.has('nvim-0.11') == 1 then
    ok, col = pcall(vim.str_byteindex, line, encoding or 'utf-16', character, false)
  else
    ok, col = pcall(vim.str_byteindex, line, character, encoding ~= 'utf-32')
  end
  return ok and col or #line
end

return M
