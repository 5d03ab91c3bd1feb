-- find_owned: return those of some generations and deliveries that belong to an account, and their states.
-- ARGV: account, key ... (of generations and deliveries)
-- Keys: the caller's
-- Returns {'found', [key, state ...]}
local found = {}
for at = 2, #ARGV do
  local owned = redis.pcall('HMGET', ARGV[at], 'account', 'state')
  if owned[1] == ARGV[1] then
    found[#found + 1] = ARGV[at]
    found[#found + 1] = owned[2] or ''
  end
end
return {'found', found}
