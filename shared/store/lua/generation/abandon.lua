-- abandon: mark a submit as uncertain whose provider was removed together with its workers, because nobody will learn its
-- outcome. It is never sent again.
-- ARGV: id, provider
-- Keys: gw:generation:<id> gw:uncertain
-- Returns {'marked'} | {'kept', state} | {'missing'}
--@include now
--@include feed
local id, at = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, provider, account, watched =
  unpack(redis.call('HMGET', generation, 'state', 'provider', 'account', 'watched'))
if not state then return {'missing'} end
if state ~= 'submitting' or provider ~= at then return {'kept', state} end
redis.call('HSET', generation, 'state', 'uncertain')
append_event(account, watched, id, 'uncertain')
redis.call('ZADD', 'gw:uncertain', 'NX', now, id)
return {'marked'}
