-- store_callback: store a provider's callback and wake the worker, which polls. A generation that was refunded before
-- its reference was known is polled too, because the callback may hold the reference.
-- ARGV: id, provider, payload (MessagePack, for the adapter)
-- Keys: gw:generation:<id> gw:late arq:queue:<provider>
-- Returns {'noted', state} | {'closed', state} | {'missing'}
--@include now
--@include queue
--@include measure
--@include records
local IN_TIME_MS = 10000  -- after a poll found the end
local RECORD_BYTES_MAX = 60000  -- a larger payload only wakes the worker
local id, from, payload = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, provider, ref, started, closed =
  unpack(redis.call('HMGET', generation, 'state', 'provider', 'ref', 'started_ms', 'closed_ms'))
if not state or provider ~= from then return {'missing'} end
local in_time = not closed or now - closed < IN_TIME_MS
if in_time and redis.call('HSETNX', generation, 'called_ms', now) == 1 then measure_call(provider, 'calls_came') end
local open = state ~= 'completed' and state ~= 'failed'
local doubt = not ref and (open or (state == 'failed' and started))
local fits = #payload + redis.call('HSTRLEN', generation, 'spec') <= RECORD_BYTES_MAX
if doubt and fits then redis.call('HSET', generation, 'callback', payload) end
if open then
  if state ~= 'backlog' then make_due('arq:queue:' .. provider, id, now) end
  return {'noted', state}
end
if doubt then
  redis.call('ZADD', 'gw:late', now, id)
  note_change_after_end(id, now)
else
  redis.call('ZADD', 'gw:late', 'XX', now, id)
end
return {'closed', state}
