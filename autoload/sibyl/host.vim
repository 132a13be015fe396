" In: the wish to start sibyl's Python host. Out: its channel.
" Vimscript, because remote#host#Register wants a Funcref and Lua functions reach it as v:null.

function! s:Spawn(info) abort
  return luaeval('require("sibyl.host.client").spawn()')
endfunction

" Registers each time: that resets a crashed host's channel, so Require starts a fresh one.
function! sibyl#host#start(door) abort
  if !exists('*remote#host#Register')
    runtime! autoload/remote/host.vim
  endif
  if !exists('*remote#host#Register')
    return s:Spawn({})
  endif
  call remote#host#Register('sibyl', '*', function('s:Spawn'))
  try
    call remote#host#RegisterPlugin('sibyl', a:door, [])
  catch /already registered/
  endtry
  return remote#host#Require('sibyl')
endfunction
