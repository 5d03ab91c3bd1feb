-- submitted: the provider took the work; store its reference. A fact, so it is never fenced: any worker may bring it.
-- ARGV: id, ref
-- Keys: gw:generation:<id>
-- Returns {'stored', called ('1' if a callback came already, or '')} | {'closed', state} | {'missing'}
local id, ref = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state = redis.call('HGET', generation, 'state')
if not state then return {'missing'} end
redis.call('HSET', generation, 'ref', ref)
if state == 'completed' or state == 'failed' then return {'closed', state} end
redis.call('HSET', generation, 'state', 'pending')
local called = redis.call('HEXISTS', generation, 'callback') == 1
redis.call('HDEL', generation, 'intent', 'intent_ms', 'callback')
return {'stored', called and '1' or ''}
