-- read_delivery: return a delivery, its endpoint and, if the event is about one, its generation.
-- ARGV: id
-- Keys: gw:delivery:<id> gw:endpoint:<id> gw:generation:<id>
-- Returns {'pending', [delivery field, value ...], [endpoint field, value ...], [generation field, value ...]}
-- Returns {'ended', state} | {'missing'}
local key = 'gw:delivery:' .. ARGV[1]
local state, endpoint, generation = unpack(redis.call('HMGET', key, 'state', 'endpoint', 'generation'))
if not state then return {'missing'} end
if state ~= 'pending' then return {'ended', state} end
return {'pending', redis.call('HGETALL', key), redis.call('HGETALL', 'gw:endpoint:' .. endpoint),
  generation and redis.call('HGETALL', 'gw:generation:' .. generation) or {}}
