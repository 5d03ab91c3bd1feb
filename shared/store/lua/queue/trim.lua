-- trim: remove expired generations from an account's list, oldest first.
-- ARGV: account, count
-- Keys: gw:generations:<account> gw:generation:<id>
-- Returns {'trimmed', count}
local list, trimmed = 'gw:generations:' .. ARGV[1], 0
while trimmed < tonumber(ARGV[2]) do
  local id = redis.call('LINDEX', list, -1)
  if not id or redis.call('EXISTS', 'gw:generation:' .. id) == 1 then break end
  redis.call('RPOP', list)
  trimmed = trimmed + 1
end
return {'trimmed', trimmed}
