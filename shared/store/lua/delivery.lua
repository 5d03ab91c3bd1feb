-- delivery: all that one attempt needs: the delivery, its endpoint and what it tells about.
-- ARGV: id
-- Keys: gw:delivery:<id> gw:endpoint:<id> gw:generation:<id>
-- Returns {'pending', attempts, created_ms, generation, [endpoint field, value ...], [generation field, value ...]}
-- Returns {'ended', state} | {'missing'}
local key = 'gw:delivery:' .. ARGV[1]
local state, attempts, created, endpoint, generation =
  unpack(redis.call('HMGET', key, 'state', 'attempts', 'created_ms', 'endpoint', 'generation'))
if not state then return {'missing'} end
if state ~= 'pending' then return {'ended', state} end
return {'pending', tonumber(attempts), tonumber(created), generation, redis.call('HGETALL', 'gw:endpoint:' .. endpoint),
  redis.call('HGETALL', 'gw:generation:' .. generation)}
