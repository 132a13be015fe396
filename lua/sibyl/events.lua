-- In: Python buffers that were begun with. Out: the autocommands that exist from the first of them on.

local config = require('sibyl.config')
local language = require('sibyl.buffer.language')

local M = {}

local api = vim.api
local GROUP = 'sibyl_work'
local begun = {} ---@type table<integer, string>

-- Registers a function for events in the Python buffers that were begun with.
local function on(events, callback, desc)
  api.nvim_create_autocmd(events, {
    group = GROUP,
    desc = 'sibyl: ' .. desc,
    callback = function(event)
      if begun[event.buf] and config.enabled(event.buf) then
        callback(event)
      end
    end,
  })
end

-- What is typed, and where.
local function wire_typing()
  local mirror, accepted = require('sibyl.buffer.mirror'), require('sibyl.menus.accepted')
  on('CursorMovedI', function(event)
    mirror.cursor_moved(event.buf)
  end, 'prepare for the place of the cursor')
  on('InsertEnter', function(event)
    require('sibyl.host.client').look_again()
    vim.schedule(function() -- the mode is not insert yet, and plugins that wait for this event are loaded now
      accepted.listen()
      mirror.cursor_moved(event.buf)
    end)
  end, 'prepare for the place of the cursor')
  on('CompleteDone', function(event)
    require('sibyl.completion.accepted').on_complete_done(event.buf)
  end, 'learn what was accepted')
  local function left()
    require('sibyl.completion.word').forget()
    require('sibyl.completion.flip').forget()
    require('sibyl.completion.lsp_hook').free()
  end
  require('sibyl.insert_mode').when_over(GROUP, 'sibyl: forget the ranking of the last word', left)
  on('LspDetach', function()
    require('sibyl.completion.guesses').forget()
  end, 'what a server owes is not waited for')
end

-- What a buffer is called, and who serves it.
local function wire_names()
  local server = require('sibyl.server.default')
  on('BufFilePre', function(event)
    server.before_rename(event.buf)
  end, 'let our server close the old name')
  on('BufFilePost', function(event)
    require('sibyl').rename(event.buf)
  end, 'go on under the new name')
  on('LspAttach', function(event)
    require('sibyl.completion.lsp_hook').buffer(event.buf)
    server.consider(event.buf)
    require('sibyl.buffer.project').attached(event.buf)
  end, 'rank the replies of this client')
  on('BufWritePost', function(event)
    if begun[event.buf] ~= api.nvim_buf_get_name(event.buf) then -- `:w name` in a buffer that had none
      vim.schedule(function() -- after what Neovim's own client does then
        server.before_rename(event.buf)
        require('sibyl').rename(event.buf)
      end)
    end
    require('sibyl.buffer.project').saved(event.buf)
  end, 'read the saved file again')
  on('BufReadPost', function(event)
    require('sibyl.buffer.mirror').attach(event.buf)
  end, 'follow a buffer that was unloaded and is back')
end

-- A buffer that is not Python any more is left alone, whether sibyl is on in it or not.
local function wire_language()
  api.nvim_create_autocmd('FileType', {
    group = GROUP,
    desc = 'sibyl: leave what is not Python any more',
    callback = function(event)
      local buf = event.buf
      vim.schedule(function() -- some set one after the other
        if begun[buf] and api.nvim_buf_is_loaded(buf) and not language.is_python(buf) then
          begun[buf] = nil
          require('sibyl.buffer.mirror').detach(buf)
          require('sibyl.server.default').pause(buf)
        end
      end)
    end,
  })
end

-- What happens outside of the buffers begun with.
local function wire_outside()
  api.nvim_create_autocmd({ 'FocusGained', 'VimResume', 'ShellCmdPost' }, {
    group = GROUP,
    desc = 'sibyl: read what was changed from outside',
    callback = function(event)
      require('sibyl.host.client').look_again()
      local project = require('sibyl.buffer.project')
      local look = event.event == 'FocusGained' and project.focused or project.changed
      look()
    end,
  })
  api.nvim_create_autocmd('BufWipeout', {
    group = GROUP,
    desc = 'sibyl: forget the buffer',
    callback = function(event)
      vim.schedule(function()
        if not api.nvim_buf_is_valid(event.buf) then -- `:w name` wipes out the nameless buffer, only to go on with it
          begun[event.buf] = nil
          require('sibyl.buffer.fit').forget(event.buf)
          require('sibyl.server.default').forget(event.buf)
          for _, group in ipairs({ 'sibyl_completeopt_', 'sibyl_dot_', 'sibyl_way_' }) do
            pcall(api.nvim_del_augroup_by_name, group .. event.buf)
          end
        end
      end)
    end,
  })
end

--- Makes the autocommands.
---@param begun_with table<integer, string> Python buffers that were begun with, and what they were called then
function M.wire(begun_with)
  begun = begun_with
  api.nvim_create_augroup(GROUP, { clear = true })
  wire_typing()
  wire_names()
  wire_language()
  wire_outside()
  require('sibyl.completion.lsp_hook').install()
  api.nvim_set_hl(0, 'SibylStar', { default = true, link = 'Special' })
end

return M
