-- cancel: note that the owner canceled a submitted generation, and make its job due so that its worker cancels it there.
-- ARGV: id
-- Keys: gw:generation:<id> arq:queue:<provider>
-- Returns {'noted', state} | {'closed', state} | {'missing'}
--@include now
--@include queue
local generation = 'gw:generation:' .. ARGV[1]
local state, provider = unpack(redis.call('HMGET', generation, 'state', 'provider'))
if not state then return {'missing'} end
if state == 'completed' or state == 'failed' then return {'closed', state} end
redis.call('HSET', generation, 'cancel_ms', now)
if state == 'pending' then make_due('arq:queue:' .. provider, ARGV[1], now) end
return {'noted', state}
