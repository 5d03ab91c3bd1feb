-- reroute: hand a generation that a provider did not accept to another one, without a second charge, unless its owner
-- canceled it.
-- ARGV: id, token (of the run that stored the intent), refusal ('down' | 'busy', or, if the provider was not called,
--       'skipped' | 'held'), pause_ms (for submits to that route), then for each route: provider, target, spec.
-- The first available route is chosen; after 'down' and 'skipped' a paused one is accepted too.
-- Keys: gw:generation:<id>
-- Returns {'rerouted', from, to} | {'nowhere'} | {'kept', state} | {'missing'}
--@include now
--@include queue
--@include feed
--@include admit
--@include route
--@include breaker
--@include attempts
local FIRST = 5
local id, token, refusal, pause_ms = unpack(ARGV)
local generation = 'gw:generation:' .. id
local account, from, target, state, intent, asked_ms, cancel, watched = unpack(redis.call('HMGET', generation, 'account',
  'provider', 'target', 'state', 'intent', 'intent_ms', 'cancel_ms', 'watched'))
if not state then return {'missing'} end
for at = FIRST, #ARGV, 3 do if ARGV[at] == from then return {'rerouted', from, from} end end
if cancel or (state ~= 'queued' and (state ~= 'submitting' or intent ~= token)) then return {'kept', state} end
local at = first_available(FIRST, 3, refusal == 'down' or refusal == 'skipped', now)
if not at then return {'nowhere'} end
pause_submits(from, target or '', tonumber(pause_ms), now)
local provider, to, spec = unpack(ARGV, at, at + 2)
note_attempt(generation, asked_ms or now, from, refusal)
redis.call('HSET', generation, 'provider', provider, 'target', to, 'spec', spec, 'state', 'backlog')
redis.call('HDEL', generation, 'intent', 'intent_ms', 'slot_ms', 'callback', 'called_ms')
append_event(account, watched, id, 'backlog')
free_slot(account, from, id)
push_to_backlog(account, provider, id, now)
for _, name in ipairs({provider, from}) do
  join_round_robin(account, name)
  admit(name, now)
end
return {'rerouted', from, provider}
