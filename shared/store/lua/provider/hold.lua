-- hold: an operator stops the submits to a provider ('pause'), or new orders for it ('drain'), or neither any more ('').
-- ARGV: provider, hold
-- Keys: gw:provider:<name>
-- Returns {'held', before ('' if it was not)}
local provider, hold = unpack(ARGV)
local key = 'gw:provider:' .. provider
local before = redis.call('HGET', key, 'held') or ''
if hold == '' then redis.call('HDEL', key, 'held') else redis.call('HSET', key, 'held', hold) end
return {'held', before}
