local M = {}
function M.consider() end
function M.leave() end
return M
