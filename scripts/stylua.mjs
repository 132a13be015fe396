// In: Lua files, or folders of them; `.stylua.toml`. Out: the names of the files whose layout StyLua would change, and exit
// status 1 if there are any; with `--write` they are changed.
//
// For machines that have Node.js and not the program `stylua`: StyLua's own package of the npm registry, which is
// WebAssembly and runs nothing when it is installed, is fetched once into .nvim/tools. `make lint` calls this.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = '@johnnymorganz/stylua'
const VERSION = '2.5.2'
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const PLACE = join(ROOT, '.nvim/tools', `stylua-${VERSION}`)
const MODULE = join(PLACE, 'node_modules', ...PACKAGE.split('/'), 'stylua_lib_node.mjs')

/** Brings the package; false where the registry cannot be reached. */
function bring() {
  if (!existsSync(MODULE)) {
    const options = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--fetch-retries=0', '--prefix', PLACE]
    try {
      execFileSync('npm', ['install', ...options, `${PACKAGE}@${VERSION}`], { stdio: 'ignore', timeout: 120000 })
    } catch {
      return false
    }
  }
  return existsSync(MODULE)
}

/** A function that makes the settings of .stylua.toml: each call of StyLua uses them up. */
function settings(stylua) {
  const kinds = {
    syntax: stylua.LuaVersion,
    indent_type: stylua.IndentType,
    quote_style: stylua.QuoteStyle,
    call_parentheses: stylua.CallParenType,
  }
  const pairs = [...readFileSync(join(ROOT, '.stylua.toml'), 'utf8').matchAll(/^(\w+) = "?(\w+)"?$/gm)]
  return () => {
    const config = stylua.Config.new()
    for (const [, name, word] of pairs) {
      const value = kinds[name] ? kinds[name][word] : Number(word)
      if (value === undefined || Number.isNaN(value)) {
        throw new Error(`.stylua.toml: ${name} = ${word} is not known here`)
      }
      config[name] = value
    }
    return config
  }
}

/** A Lua file, or all Lua files of a folder. */
function files(path) {
  if (statSync(path).isDirectory()) {
    return readdirSync(path).flatMap((name) => files(join(path, name)))
  }
  return path.endsWith('.lua') ? [path] : []
}

if (!bring()) {
  console.log('StyLua could not be fetched: the layout of Lua files was not checked')
} else {
  const stylua = await import(MODULE)
  const config = settings(stylua)
  const write = process.argv.includes('--write')
  for (const path of process.argv.slice(2).filter((word) => word !== '--write').flatMap(files)) {
    const text = readFileSync(path, 'utf8')
    const wanted = stylua.formatCode(text, config(), undefined, stylua.OutputVerification.None)
    if (wanted !== text) {
      console.log(`${path}: ${write ? 'was laid out' : 'would be laid out otherwise'}`)
      process.exitCode = write ? 0 : 1
      if (write) writeFileSync(path, wanted)
    }
  }
}
