-- store_reference: the provider accepted the submit; store its reference. Any worker may, because it is a fact.
-- ARGV: id, ref, provider (of the reference; after a reroute it is ignored)
-- The parked job of an uncertain generation becomes due; a generation that was refunded meanwhile is polled.
-- Keys: gw:generation:<id> gw:late gw:uncertain arq:queue:<provider>
-- Returns {'stored', called ('1' if a callback came already, or '')} | {'closed', state}
-- Returns {'moved', provider} | {'missing'}
--@include now
--@include queue
--@include records
--@include feed
local id, ref, at = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, provider, known, account, watched =
  unpack(redis.call('HMGET', generation, 'state', 'provider', 'ref', 'account', 'watched'))
if not state then return {'missing'} end
if provider ~= at or state == 'backlog' then return {'moved', provider} end
redis.call('HSET', generation, 'ref', ref)
if not known then redis.call('HSET', generation, 'submitted_ms', now) end
if state == 'failed' and not known then redis.call('ZADD', 'gw:late', now, id) end
if state == 'completed' or state == 'failed' then
  note_change_after_end(id, now)
  return {'closed', state}
end
redis.call('HSET', generation, 'state', 'pending')
if state ~= 'pending' then append_event(account, watched, id, 'pending') end
local called = redis.call('HEXISTS', generation, 'callback') == 1
redis.call('HDEL', generation, 'intent', 'callback')
if state == 'uncertain' then
  redis.call('ZREM', 'gw:uncertain', id)
  make_due('arq:queue:' .. provider, id, now)
end
return {'stored', called and '1' or ''}
