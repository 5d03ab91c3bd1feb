-- withdraw: the provider did not accept the submit; take the intent back so that it may be tried again.
-- ARGV: id, token (of the run that stored the intent), pause_ms (how long the provider wants to be left alone),
--       provider (who said so: one that the generation was taken from speaks for itself alone)
-- Keys: gw:generation:<id> gw:provider:<name>
-- Returns {'withdrawn', refusals, cancel ('1' if its owner wants it stopped | '')} | {'kept', state} | {'missing'}
--@include now
local id, token, pause_ms, from = unpack(ARGV)
if tonumber(pause_ms) > 0 then
  local key = 'gw:provider:' .. from
  local paused = tonumber(redis.call('HGET', key, 'paused_until_ms') or 0)
  redis.call('HSET', key, 'paused_until_ms', math.max(paused, now + pause_ms))
end
local generation = 'gw:generation:' .. id
local state, intent, cancel = unpack(redis.call('HMGET', generation, 'state', 'intent', 'cancel_ms'))
if not state then return {'missing'} end
if state ~= 'submitting' or intent ~= token then return {'kept', state} end
redis.call('HSET', generation, 'state', 'queued')
redis.call('HDEL', generation, 'intent', 'intent_ms', 'slot_ms')
return {'withdrawn', redis.call('HINCRBY', generation, 'refusals', 1), cancel and '1' or ''}
