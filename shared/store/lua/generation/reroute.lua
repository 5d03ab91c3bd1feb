-- reroute: hand a generation that a provider did not accept to another one, without a second charge, unless its owner
-- canceled it.
-- ARGV: id, token (of the run that stored the intent), refusal ('down' | 'busy', or, if the provider was not called,
--       'skipped' | 'held'), pause_ms (for submits to that provider), then for each route: provider, spec.
-- The first available provider is chosen; after 'down' and 'skipped' a paused one is accepted too.
-- Keys: gw:generation:<id>
-- Returns {'rerouted', from, to} | {'nowhere'} | {'kept', state} | {'missing'}
--@include now
--@include queue
--@include admit
--@include breaker
--@include attempts
local FIRST = 5
local id, token, refusal, pause_ms = unpack(ARGV)
local generation = 'gw:generation:' .. id
local account, from, state, intent, asked_ms, cancel =
  unpack(redis.call('HMGET', generation, 'account', 'provider', 'state', 'intent', 'intent_ms', 'cancel_ms'))
if not state then return {'missing'} end
for at = FIRST, #ARGV, 2 do if ARGV[at] == from then return {'rerouted', from, from} end end
if cancel or (state ~= 'queued' and (state ~= 'submitting' or intent ~= token)) then return {'kept', state} end
local at = first_available(FIRST, 2, refusal == 'down' or refusal == 'skipped', now)
if not at then return {'nowhere'} end
pause_submits(from, tonumber(pause_ms), now)
local provider, spec = ARGV[at], ARGV[at + 1]
note_attempt(generation, asked_ms or now, from, refusal)
redis.call('HSET', generation, 'provider', provider, 'spec', spec, 'state', 'backlog')
redis.call('HDEL', generation, 'intent', 'intent_ms', 'slot_ms', 'callback', 'called_ms')
free_slot(account, from, id)
push_to_backlog(account, provider, id, now)
for _, name in ipairs({provider, from}) do
  join_round_robin(account, name)
  admit(name, now)
end
return {'rerouted', from, provider}
