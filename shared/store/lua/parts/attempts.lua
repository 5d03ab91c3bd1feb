-- attempts: the attempts of a generation at providers that did not serve it, for operators.
-- Keys: none of its own; the generation's is the caller's
-- Returns nothing
-- Lines of `<ms> <provider> <outcome>`, oldest first; the oldest are dropped.
local ATTEMPTS_MAX = 32

local function note_attempt(generation, at_ms, provider, outcome)
  local lines = {}
  for line in string.gmatch(redis.call('HGET', generation, 'attempts') or '', '[^\n]+') do lines[#lines + 1] = line end
  lines[#lines + 1] = string.format('%.0f %s %s', at_ms, provider, outcome)
  if #lines > ATTEMPTS_MAX then table.remove(lines, 1) end
  redis.call('HSET', generation, 'attempts', table.concat(lines, '\n'))
end
