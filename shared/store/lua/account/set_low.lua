-- set_low: below which balance an account is told so; 0 is never. What was told before is told anew.
-- ARGV: account, threshold (micro-USD)
-- Keys: gw:account:<id>
-- Returns {'set'} | {'missing'}
local account, threshold = unpack(ARGV)
if redis.call('EXISTS', 'gw:account:' .. account) == 0 then return {'missing'} end
redis.call('HSET', 'gw:account:' .. account, 'low', threshold)
redis.call('HDEL', 'gw:account:' .. account, 'low_told')
return {'set'}
