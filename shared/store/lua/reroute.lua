-- reroute: a provider did not take a generation; hand it to the next, without a second charge, unless its owner
-- wants it stopped.
-- ARGV: id, token (of the run that stored the intent), provider, spec
-- Keys: gw:generation:<id> gw:backlog:<account>:<provider>
-- Returns {'rerouted', from} | {'kept', state} | {'missing'}
--@include now
--@include queue
--@include admit
local id, token, provider, spec = unpack(ARGV)
local generation = 'gw:generation:' .. id
local account, from, state, intent, cancel =
  unpack(redis.call('HMGET', generation, 'account', 'provider', 'state', 'intent', 'cancel_ms'))
if not state then return {'missing'} end
if from == provider then return {'rerouted', from} end
if cancel or (state ~= 'queued' and (state ~= 'submitting' or intent ~= token)) then return {'kept', state} end
redis.call('HSET', generation, 'provider', provider, 'spec', spec, 'state', 'backlog')
redis.call('HDEL', generation, 'intent', 'intent_ms', 'slot_ms')
leave(account, from, id)
redis.call('RPUSH', 'gw:backlog:' .. account .. ':' .. provider, id)
for _, name in ipairs({provider, from}) do
  take_turn(account, name)
  admit(name, now)
end
return {'rerouted', from}
