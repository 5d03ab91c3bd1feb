-- callback: a provider says that a generation is worth a look; keep what it sent and wake the worker.
-- ARGV: id, provider, payload (MessagePack, for the adapter)
-- Keys: gw:generation:<id> gw:late arq:queue:<provider>
-- Returns {'noted', state} | {'closed', state} | {'missing'}
--@include now
--@include queue
local id, from, payload = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, provider, ref = unpack(redis.call('HMGET', generation, 'state', 'provider', 'ref'))
if not state or provider ~= from then return {'missing'} end
if state == 'completed' or state == 'failed' then
  redis.call('ZADD', 'gw:late', 'XX', now, id)
  return {'closed', state}
end
if not ref then redis.call('HSET', generation, 'callback', payload) end
if state ~= 'backlog' then hasten('arq:queue:' .. provider, id, now) end
return {'noted', state}
