-- start_post: take a slot for the next post of a delivery, and return the delivery, its endpoint and, if the event is
-- about one, its generation. Without a free slot the delivery is held, which counts as no attempt.
-- ARGV: id, slow_max (posts to slow endpoints at once)
-- Keys: gw:delivery:<id> gw:endpoint:<id> gw:generation:<id> gw:held:<endpoint>
-- Returns {'pending', [delivery field, value ...], [endpoint field, value ...], [generation field, value ...]}
-- Returns {'held', limit ('breaker' | 'endpoint' | 'account' | 'slow')} | {'ended', state} | {'missing'}
--@include now
--@include queue
--@include lanes
--@include held
local id, slow_max = ARGV[1], tonumber(ARGV[2])
local key = 'gw:delivery:' .. id
local state, endpoint, account, generation =
  unpack(redis.call('HMGET', key, 'state', 'endpoint', 'account', 'generation'))
if not state then return {'missing'} end
if state ~= 'pending' then
  release(id, endpoint, account, slow_max, now)
  return {'ended', state}
end
local lane = read_lane(endpoint, now)
local had = has_slot(id, endpoint, now)
local limit = not had and find_limit(lane, endpoint, account, slow_max, now)
if limit then
  hold(id, limit, lane, endpoint, account, now)
  return {'held', limit}
end
redis.call('ZREM', 'gw:held:' .. endpoint, id)
take_slot(id, lane, endpoint, account, now, had)
return {'pending', redis.call('HGETALL', key), redis.call('HGETALL', 'gw:endpoint:' .. endpoint),
  generation and redis.call('HGETALL', 'gw:generation:' .. generation) or {}}
