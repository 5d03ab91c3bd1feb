-- callback: a provider says that a generation is worth a look; keep what it sent and wake the worker. One that was
-- refunded before anybody knew its reference is looked at too: what was sent may tell it.
-- ARGV: id, provider, payload (MessagePack, for the adapter)
-- Keys: gw:generation:<id> gw:late arq:queue:<provider>
-- Returns {'noted', state} | {'closed', state} | {'missing'}
--@include now
--@include queue
--@include measure
local IN_TIME_MS = 10000  -- after we found the end by ourselves
local id, from, payload = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, provider, ref, started, closed =
  unpack(redis.call('HMGET', generation, 'state', 'provider', 'ref', 'started_ms', 'closed_ms'))
if not state or provider ~= from then return {'missing'} end
local in_time = not closed or now - closed < IN_TIME_MS
if in_time and redis.call('HSETNX', generation, 'called_ms', now) == 1 then measure_call(provider, 'calls_came') end
local open = state ~= 'completed' and state ~= 'failed'
local doubt = not ref and (open or (state == 'failed' and started))
if doubt then redis.call('HSET', generation, 'callback', payload) end
if open then
  if state ~= 'backlog' then hasten('arq:queue:' .. provider, id, now) end
  return {'noted', state}
end
if doubt then redis.call('ZADD', 'gw:late', now, id) else redis.call('ZADD', 'gw:late', 'XX', now, id) end
return {'closed', state}
