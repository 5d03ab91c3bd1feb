-- release: let workers have a generation that was held until its uploads were stored.
-- ARGV: id
-- Keys: gw:generation:<id> arq:queue:<provider>
-- Returns {'released', state} | {'closed', state} | {'missing'}
--@include now
--@include queue
local id = ARGV[1]
local generation = 'gw:generation:' .. id
local state, provider = unpack(redis.call('HMGET', generation, 'state', 'provider'))
if not state then return {'missing'} end
if state == 'completed' or state == 'failed' then return {'closed', state} end
local held = redis.call('HDEL', generation, 'hold_ms') == 1
if held and state == 'queued' then make_due('arq:queue:' .. provider, id, now) end
return {'released', state}
