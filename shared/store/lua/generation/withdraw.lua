-- withdraw: take back the intent of a submit that the provider did not accept, so that it may be submitted again.
-- ARGV: id, token (of the run that stored the intent), pause_ms (for submits to the route), provider and target (of the
--       route that refused: only its own submits are paused), refusal ('down' | 'busy' | 'ours')
-- Keys: gw:generation:<id>
-- Returns {'withdrawn', refusals, cancel ('1' if its owner canceled it | '')} | {'kept', state} | {'missing'}
--@include now
--@include route
--@include attempts
--@include feed
local id, token, pause_ms, from, target, refusal = unpack(ARGV)
pause_submits(from, target, tonumber(pause_ms), now)
local generation = 'gw:generation:' .. id
local state, intent, asked_ms, cancel, account, watched = unpack(redis.call('HMGET', generation, 'state', 'intent',
  'intent_ms', 'cancel_ms', 'account', 'watched'))
if not state then return {'missing'} end
if state ~= 'submitting' or intent ~= token then return {'kept', state} end
note_attempt(generation, asked_ms, from, refusal)
if refusal == 'ours' then release_probe(from, target) end
redis.call('HSET', generation, 'state', 'queued')
append_event(account, watched, id, 'queued')
redis.call('HDEL', generation, 'intent', 'intent_ms', 'slot_ms')
return {'withdrawn', redis.call('HINCRBY', generation, 'refusals', 1), cancel and '1' or ''}
