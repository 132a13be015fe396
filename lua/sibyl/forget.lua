-- In: `:Sibyl forget …`. Out: what was learned is deleted, its files and what they lead to.

local bridge = require('sibyl.host.client')
local project = require('sibyl.buffer.project')

local M = {}

local ENDED_MS = 3000 -- how long the host may take to end

local FORGOTTEN = {
  all = 'forgot all that was learned from you',
  project = 'forgot this project; it is read again after the next start of Neovim',
  person = 'forgot what you accepted',
  experiment = 'forgot the experiment',
}

-- Deletes what a path leads to: to take a link away would leave what was learned. What stands in a folder that is
-- elsewhere is only deleted as far as it is named like files of ours. True when nothing of ours is left.
local function delete_one(path)
  local real = vim.uv.fs_realpath(path)
  if not real or vim.fn.isdirectory(real) == 0 then
    return (not real or vim.fn.delete(real) == 0) and (vim.fn.delete(path) == 0 or not vim.uv.fs_lstat(path))
  end
  local linked, done = (vim.uv.fs_lstat(path) or {}).type == 'link', true
  for name in vim.fs.dir(real) do
    if not linked or name == project.FOLDER or name:find('%.sqlite$') or name:find('%.sqlite%-%l%l%l$') then
      done = delete_one(vim.fs.joinpath(real, name)) and done
    end
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

--- Deletes what was learned: the host is ended first, and started again after.
---@param scope 'all'|'person'|'project'|'experiment'
---@param say fun(text: string, level: integer|nil)
function M.run(scope, say)
  local place = bridge.memory()
  if FILES[scope] then
    place = vim.fs.joinpath(place, FILES[scope])
  elseif scope == 'project' then
    local root = project.of(vim.api.nvim_get_current_buf())
    if root == '' then
      return say('this buffer belongs to no project', vim.log.levels.WARN)
    end
    place = project.memory(root)
  end
  local channel = bridge.state.channel
  bridge.stop()
  if channel then
    vim.fn.jobwait({ channel }, ENDED_MS) -- it must not write any more; a command may wait, typing may not
  end
  bridge.state.forgotten = bridge.state.forgotten or scope == 'all' or scope == 'project'
  local deleted = delete(place)
  bridge.restart()
  say(deleted and FORGOTTEN[scope] or 'could not delete ' .. place)
end

return M
