-- store_late_result: record a poll of a failed generation: a result (attached, never charged), or nothing yet.
-- ARGV: id, outcome ('' if there is none), next_ms (until the next poll; '' for none),
--       expected, reported (its cost for us, micro-USD, or '' if unknown)
-- Keys: gw:generation:<id> gw:late
-- Returns {'attached'} | {'noted'} | {'missing'}
--@include now
--@include costs
--@include records
local id, outcome, next_ms, expected, reported = unpack(ARGV)
local generation = 'gw:generation:' .. id
redis.call('ZREM', 'gw:late', id)
if redis.call('HGET', generation, 'state') ~= 'failed' then return {'missing'} end
if next_ms ~= '' then redis.call('ZADD', 'gw:late', now + next_ms, id) end
if outcome == '' then return {'noted'} end
if redis.call('HEXISTS', generation, 'late') == 0 then
  local provider = redis.call('HGET', generation, 'provider')
  book_cost(provider, now, expected, reported)
  note_cost(provider, now, {late = 1, late_micros = tonumber(reported) or tonumber(expected) or 0})
end
redis.call('HSET', generation, 'late', outcome, 'late_ms', now)
note_change_after_end(id, now)
return {'attached'}
