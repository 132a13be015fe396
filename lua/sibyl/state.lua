-- In: the host, the installation, the language servers, the switches. Out: how it stands, in one sentence.
--
-- The one source of what `:Sibyl`, `:checkhealth sibyl` and messages say of it. The table below is looked through
-- from the top; the first state that holds is the one that is told.

local host = require('sibyl.host.client')
local config = require('sibyl.config')
local fit = require('sibyl.buffer.fit')
local language = require('sibyl.buffer.language')

local M = {}

---@alias sibyl.Level 'ok'|'info'|'warn'|'error'

---@class sibyl.Standing
---@field name string
---@field text string
---@field level sibyl.Level

---@class sibyl.State
---@field name string
---@field level sibyl.Level
---@field says string with a place for what `holds` returns
---@field holds fun(buf: integer, facts: table): string|boolean|nil

-- Why the Python that was named does not do.
local function refused()
  local tried = host.state.tried[1]
  if not tried then
    return ('%s is not there'):format(config.get().python)
  end
  if tried.version and not require('sibyl.host.interpreter').fits(tried.version) then
    return ('%s is %s, and sibyl needs 3.10 to 3.14'):format(tried.path, tried.version)
  end
  return ('%s %s'):format(
    tried.path,
    tried.failure and ('cannot be run: ' .. tried.failure) or ('lacks ' .. table.concat(tried.missing or {}, ', '))
  )
end

-- Parts of sentences that several states share.
local RANKER_STARTS = 'the ranker is starting'
local OWN_ORDER = "lists come in the server's own order"
local NO_SERVER = 'no language server completes here'

-- What a buffer that is not Python hears of the ranker, by its phase; in other phases it starts.
local RUNS = { ready = 'ready', off = 'the ranker starts with the first Python buffer' }

local function phase(name)
  return function()
    return host.state.phase == name
  end
end

local function missing(facts)
  return host.state.phase == 'failed' and host.state.missing and not facts.installation.running
end

local function serving(name)
  return function(_, facts)
    return facts.serving == name and (facts.server or true)
  end
end

---@type sibyl.State[]
M.table = {
  {
    name = 'off everywhere',
    level = 'warn',
    says = 'switched off everywhere: ' .. OWN_ORDER .. ' (:Sibyl enable)',
    holds = function()
      return not config.get().enabled
    end,
  },
  {
    name = 'no client',
    level = 'error',
    says = "Neovim's client of language servers cannot be used: %s (mend that, and start Neovim again)",
    holds = function()
      return require('sibyl.server.lsp').failure()
    end,
  },
  {
    name = 'installing',
    level = 'info',
    says = 'installing: %s; everything starts by itself when it is done',
    holds = function(_, facts)
      return facts.installation.running and (facts.installation.progress or 'looking for a Python to begin with')
    end,
  },
  {
    name = 'installation failed',
    level = 'error',
    says = 'the installation failed: %s (:Sibyl install tries again)',
    holds = function(_, facts)
      return missing(facts) and facts.installation.failure
    end,
  },
  {
    name = 'wrong Python',
    level = 'error',
    says = 'the Python of option `python` does not do: %s (set another, or none)',
    holds = function(_, facts)
      return missing(facts) and config.get().python and refused()
    end,
  },
  {
    name = 'no environment',
    level = 'error',
    says = "no Python with sibyl's packages was found: run :Sibyl install",
    holds = function(_, facts)
      return missing(facts)
    end,
  },
  {
    name = 'host failed',
    level = 'error',
    says = 'the ranker keeps ending: :Sibyl log tells why, :Sibyl restart tries again',
    holds = phase('failed'),
  },
  {
    name = 'host restarting',
    level = 'warn',
    says = 'the ranker ended and is started again in a moment',
    holds = phase('waiting'),
  },
  {
    name = 'broken model',
    level = 'error',
    says = 'nothing is ranked: %s',
    holds = function()
      local facts = host.state.phase == 'ready' and host.state.facts or {}
      return facts.ok == false and (facts.trouble or 'the model cannot be loaded')
    end,
  },
  {
    name = 'not Python',
    level = 'info',
    says = '%s; this buffer is not Python',
    holds = function(buf)
      return not language.is_python(buf) and (RUNS[host.state.phase] or RANKER_STARTS)
    end,
  },
  {
    name = 'off here',
    level = 'info',
    says = 'switched off in this buffer: ' .. OWN_ORDER .. ' (:Sibyl! enable)',
    holds = function(buf)
      return not config.enabled(buf)
    end,
  },
  {
    name = 'left alone',
    level = 'info',
    says = 'this buffer is left alone: %s',
    holds = function(buf)
      return fit.why(buf)
    end,
  },
  {
    name = 'host starting',
    level = 'info',
    says = RANKER_STARTS,
    holds = function()
      return host.state.phase ~= 'ready'
    end,
  },
  {
    name = 'server starting',
    level = 'info',
    says = 'ready; %s is starting',
    holds = serving('starting'),
  },
  {
    name = 'server coming',
    level = 'info',
    says = 'ready; waits for a language server%s',
    holds = function(_, facts)
      return facts.serving == 'waiting' and (facts.server and ' (' .. facts.server .. ')' or '')
    end,
  },
  {
    name = 'server ended',
    level = 'warn',
    says = 'the language server ended (%s): :Sibyl restart starts it again',
    holds = serving('ended'),
  },
  {
    name = 'no such server',
    level = 'warn',
    says = NO_SERVER .. ': there is no program %s (option `server.cmd`)',
    holds = function(_, facts)
      return facts.serving == 'missing' and config.get().server.cmd and facts.server
    end,
  },
  {
    name = 'server not installed',
    level = 'warn',
    says = NO_SERVER .. ', and sibyl has none to start: run :Sibyl install, or bring one',
    holds = serving('missing'),
  },
  {
    name = 'no server',
    level = 'warn',
    says = NO_SERVER .. '%s',
    holds = function(_, facts)
      return facts.serving == 'off' and ', and option `server.enabled` is off' or facts.serving == 'none' and ''
    end,
  },
  {
    name = 'ready',
    level = 'ok',
    says = 'ready; ranks %s',
    holds = function(buf)
      local own = require('sibyl.server.default').client(buf)
      return table.concat(
        vim.tbl_map(function(name)
          return own and name == own.name and "the lists of sibyl's own server" or name
        end, require('sibyl.completion.lsp_hook').names(buf)),
        ', '
      )
    end,
  },
}

--- How it stands with a buffer.
---@param buf integer
---@return sibyl.Standing
function M.of(buf)
  local facts = { installation = require('sibyl.install').state }
  if not require('sibyl.server.lsp').failure() then
    facts.serving, facts.server = require('sibyl.server.default').serving(buf)
  end
  for _, state in ipairs(M.table) do
    local detail = state.holds(buf, facts)
    if detail then
      return { name = state.name, level = state.level, text = state.says:format(detail) }
    end
  end
  error('one of the states always holds')
end

return M
