-- revive: put a generation that has left the store back for a while, as the database has it, so that it can be credited.
-- ARGV: id, keep_ms, field, value ...
-- Keys: gw:generation:<id>
-- Returns {'revived'} | {'kept'}
local generation = 'gw:generation:' .. ARGV[1]
if redis.call('EXISTS', generation) == 1 then return {'kept'} end
redis.call('HSET', generation, unpack(ARGV, 3))
redis.call('PEXPIRE', generation, ARGV[2])
return {'revived'}
