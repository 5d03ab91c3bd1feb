-- looked: what a look at a failed generation found at its provider: a result (attached, never charged), or nothing yet.
-- ARGV: id, outcome ('' if there is none), again_ms ('' to look no more)
-- Keys: gw:generation:<id> gw:late
-- Returns {'attached'} | {'noted'} | {'missing'}
--@include now
local id, outcome, again_ms = unpack(ARGV)
local generation = 'gw:generation:' .. id
redis.call('ZREM', 'gw:late', id)
if redis.call('HGET', generation, 'state') ~= 'failed' then return {'missing'} end
if again_ms ~= '' then redis.call('ZADD', 'gw:late', now + again_ms, id) end
if outcome == '' then return {'noted'} end
redis.call('HSET', generation, 'late', outcome, 'late_ms', now)
return {'attached'}
