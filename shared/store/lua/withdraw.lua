-- withdraw: the provider did not accept the submit; take the intent back so that it may be tried again.
-- ARGV: id, token (of the run that stored the intent)
-- Keys: gw:generation:<id>
-- Returns {'withdrawn', refusals} | {'kept', state} | {'missing'}
local id, token = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, intent = unpack(redis.call('HMGET', generation, 'state', 'intent'))
if not state then return {'missing'} end
if state ~= 'submitting' or intent ~= token then return {'kept', state} end
redis.call('HSET', generation, 'state', 'queued')
redis.call('HDEL', generation, 'intent', 'intent_ms')
return {'withdrawn', redis.call('HINCRBY', generation, 'refusals', 1)}
