-- In: a buffer. Out: the root of the project its file belongs to, and news for the host about that project's files.

local host = require('sibyl.host.client')
local config = require('sibyl.config')
local roots = require('sibyl.buffer.root')

local M = {}

M.FOLDER = 'projects' -- of the memory: a file for each project

local FOCUS_MS = 20000 -- between two looks at a project because Neovim has the focus again

local sent = {} ---@type table<integer, string> the root told to the host
local looked = 0

-- A home folder or a file system's root may hold a marker; it is no project.
local function project(root)
  if not root or root == '' then
    return ''
  end
  root = roots.real(root)
  local home = roots.real(vim.uv.os_homedir() or '/')
  return (root == home or vim.startswith(home, root .. '/') or root:match('^%a?:?[/\\]*$')) and '' or root
end

-- Where a server of the user's own says that the project begins: the root of sibyl's own is made up.
local function server_root(buf)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf, method = 'textDocument/completion' })) do
    local root = client.config.root_dir or (client --[[@as table]]).root_dir
    if client.name ~= 'sibyl' and type(root) == 'string' and root ~= '' then
      return root
    end
  end
end

-- The nearest folder above a buffer's file that has one of some files in it and can be a project.
local function nearest(buf, markers)
  local folder = roots.above(buf, markers, function(folder)
    return project(folder) ~= ''
  end)
  return folder and project(folder)
end

--- Root and file of a buffer's project; both '' for a buffer without a file or outside of any project.
---@param buf integer
---@return string root
---@return string path
function M.of(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  if name == '' or name:match('^%a[%w+.-]+://') then
    return '', ''
  end
  local path = roots.real(vim.fn.fnamemodify(name, ':p'))
  return nearest(buf, { '.git' }) or nearest(buf, roots.MARKERS) or project(server_root(buf)), path
end

--- Tells the host which project a buffer belongs to.
---@param buf integer
function M.tell(buf)
  local root, path = M.of(buf)
  sent[buf] = root
  host.send('project', buf, root, path)
end

--- Tells it again if it is known only now: a language server has said where the project begins.
---@param buf integer
function M.attached(buf)
  if sent[buf] == '' and M.of(buf) ~= '' then
    M.tell(buf)
  end
end

--- Lets the host look for changed files: this one was saved.
---@param buf integer
function M.saved(buf)
  if sent[buf] then
    M.tell(buf) -- a file that was written has a place of its own now
    host.send('changed', buf)
  end
end

--- The same for all projects: somebody else may have written.
function M.changed()
  local seen = {}
  for buf, root in pairs(sent) do
    if not seen[root] and vim.api.nvim_buf_is_loaded(buf) and config.ranks(buf) then
      seen[root] = true
      M.saved(buf)
    end
  end
end

--- The same after Neovim was left and entered again, which some do all the time.
function M.focused()
  if vim.uv.now() - looked >= FOCUS_MS then
    looked = vim.uv.now()
    M.changed()
  end
end

--- The host has forgotten the buffer.
---@param buf integer
function M.forget(buf)
  sent[buf] = nil
end

--- Where a project's memory lies; the same name as engine/sibyl/memory/manager.py gives it.
---@param root string
---@return string
function M.memory(root)
  return vim.fs.joinpath(host.memory(), M.FOLDER, vim.fn.sha256(root):sub(1, 16) .. '.sqlite')
end

return M
