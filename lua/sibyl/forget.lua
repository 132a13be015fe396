-- In: `:Sibyl forget …`. Out: what was learned is deleted, its files and what they lead to; what of it is on disk.

local host = require('sibyl.host.client')
local notice = require('sibyl.notice')
local project = require('sibyl.buffer.project')

local M = {}

local ENDED_MS = 3000 -- how long the host may take to end

local FORGOTTEN = {
  all = 'forgot all that was learned from you',
  project = 'forgot this project; the next start of Neovim reads it again (so does another one that saves in it)',
  person = 'forgot what you accepted',
  experiment = 'forgot the experiment',
}

-- What is ours in the folder that a path leads to, its names in order: all, or, where it is elsewhere, what is named
-- like files of ours. Also whether it is elsewhere.
local function ours(path, real)
  local linked, names = (vim.uv.fs_lstat(path) or {}).type == 'link', {}
  for name in vim.fs.dir(real) do
    if not linked or name == project.FOLDER or name:find('%.sqlite$') or name:find('%.sqlite%-%l%l%l$') then
      table.insert(names, name)
    end
  end
  table.sort(names)
  return names, linked
end

-- Deletes what a path leads to: to take a link away would leave what was learned. True when nothing of ours is left.
local function delete_one(path)
  local real = vim.uv.fs_realpath(path)
  if not real or vim.fn.isdirectory(real) == 0 then
    return (not real or vim.fn.delete(real) == 0) and (vim.fn.delete(path) == 0 or not vim.uv.fs_lstat(path))
  end
  local names, linked = ours(path, real)
  local done = true
  for _, name in ipairs(names) do
    done = delete_one(vim.fs.joinpath(real, name)) and done
  end
  return done and (linked or vim.fn.delete(real, 'd') == 0)
end

-- The files are deleted here: it works without a host, too.
local function delete(path)
  local done = true
  for _, more in ipairs({ '', '-wal', '-shm' }) do
    done = delete_one(path .. more) and done
  end
  return done
end

-- Files of the memory by what is to be forgotten; a project's has a name of its own.
local FILES = { person = 'person.sqlite', experiment = 'experiment.sqlite' }

-- Bytes of the files that delete_one() would delete.
local function bytes_of(path)
  local real = vim.uv.fs_realpath(path)
  if not real or vim.fn.isdirectory(real) == 0 then
    return real and (vim.uv.fs_stat(real) or {}).size or 0
  end
  local bytes = 0
  for _, name in ipairs((ours(path, real))) do
    bytes = bytes + bytes_of(vim.fs.joinpath(real, name))
  end
  return bytes
end

local HOLDS = {
  [FILES.person] = 'what you accepted',
  [FILES.experiment] = 'the experiment',
  [project.FOLDER] = 'what your projects use',
}

--- A size in words: small ones in kB, so that no file has none.
---@param bytes integer
---@return string
function M.size(bytes)
  return bytes < 1e6 and ('%d kB'):format(math.ceil(bytes / 1e3)) or ('%.1f MB'):format(bytes / 1e6)
end

--- Says where what was learned is, what each part of it takes, and how to delete it: without a host, which may be
--- switched off.
---@return string[]
function M.on_disk()
  local place, sizes, order = host.memory(), {}, {}
  local line, real = notice.line, vim.uv.fs_realpath(place)
  for _, name in ipairs(real and (ours(place, real)) or {}) do
    local file = name:gsub('%.sqlite%-%l%l%l$', '.sqlite') -- SQLite writes two more beside an open one
    if not sizes[file] then
      table.insert(order, file)
    end
    sizes[file] = (sizes[file] or 0) + bytes_of(vim.fs.joinpath(real, name))
  end
  if #order == 0 then
    return { 'Nothing that was learned from you is on disk; it would be below ' .. line(place) }
  end
  local lines = { 'On disk, below ' .. line(place) .. ':' }
  for _, file in ipairs(order) do
    local holds = HOLDS[file] and (' (%s)'):format(HOLDS[file]) or ''
    table.insert(lines, ('  %s%s: %s'):format(line(file), holds, M.size(sizes[file])))
  end
  table.insert(lines, ':Sibyl forget deletes all of it.')
  return lines
end

--- Deletes what was learned: the host is ended first, and started again after.
---@param scope 'all'|'person'|'project'|'experiment'
function M.run(scope)
  local place = host.memory()
  if FILES[scope] then
    place = vim.fs.joinpath(place, FILES[scope])
  elseif scope == 'project' then
    local root = project.of(vim.api.nvim_get_current_buf())
    if root == '' then
      return notice.say('this buffer belongs to no project', vim.log.levels.WARN)
    end
    place = project.memory(root)
  end
  local channel = host.state.channel
  host.stop()
  if channel then
    vim.fn.jobwait({ channel }, ENDED_MS) -- it must not write any more; a command may wait, typing may not
  end
  host.state.forgotten = host.state.forgotten or scope == 'all' or scope == 'project'
  local deleted = delete(place)
  host.restart()
  notice.say(deleted and FORGOTTEN[scope] or 'could not delete ' .. place)
end

return M
