-- find_unarchived: return those of some ended generations and deliveries that the database may lack.
-- ARGV: hot_ms, key ... (of generations and deliveries)
-- Keys: the caller's
-- Returns {'found', [key ...]}
-- An archived one expires within hot_ms. Others never do, or later: a process of an earlier version has ended them.
local found = {}
for at = 2, #ARGV do
  local key = ARGV[at]
  local ended = redis.pcall('HMGET', key, 'closed_ms', 'ended_ms')
  if ended[1] or ended[2] then
    local left = redis.call('PTTL', key)
    if left == -1 or left > tonumber(ARGV[1]) then found[#found + 1] = key end
  end
end
return {'found', found}
