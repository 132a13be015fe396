-- In: names of lists. Out: numbers that the host knows them by, and the names that it has to be told with them.
--
-- A name is told once: most names of a list were in a list before, and a number is faster to send and to read.
-- The numbers are those of engine/sibyl/ranking/lists/numbered.py.

local M = {}

local MOST = 10000 -- names; the longest list that is ranked has as many

local codes, count = {}, 0 ---@type table<string, string>, integer

--- The host knows no names any more.
function M.forget()
  codes, count = {}, 0
end

local function coded(names)
  local list, new, first = {}, {}, count
  for place, name in ipairs(names) do
    local code = codes[name]
    if not code then
      code = string.char(count % 256, math.floor(count / 256)) -- the low byte first
      codes[name], count = code, count + 1
      new[#new + 1] = name .. '\0'
    end
    list[place] = code
  end
  return { first, table.concat(new), table.concat(list) }
end

--- A list as it is sent. The host has to get it, or all is to be forgotten.
---@param names string[] at most 10,000, without NUL
---@return {[1]: integer, [2]: string, [3]: string} number of the first new name, the new names, the list
function M.packed(names)
  local packed = coded(names)
  if count > MOST then
    M.forget()
    packed = coded(names)
  end
  return packed
end

return M
