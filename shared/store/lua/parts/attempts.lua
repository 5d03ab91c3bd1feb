-- attempts: what became of a generation at providers that did not serve it, for operators.
-- Keys: none of its own; the generation's is the caller's
-- Returns nothing
-- Lines of `<ms> <provider> <word>`, oldest first; the newest of them are kept.
local ATTEMPTS_MAX = 32

local function note_attempt(generation, at_ms, provider, word)
  local told = {}
  for line in string.gmatch(redis.call('HGET', generation, 'attempts') or '', '[^\n]+') do told[#told + 1] = line end
  told[#told + 1] = string.format('%.0f %s %s', at_ms, provider, word)
  if #told > ATTEMPTS_MAX then table.remove(told, 1) end
  redis.call('HSET', generation, 'attempts', table.concat(told, '\n'))
end
