-- open_breaker: stop submits to a provider that cannot serve, for longer after each failure in a row.
-- ARGV: provider, reason
-- Keys: gw:provider:<name>
-- Returns {'opened', until_ms, failures (in a row)}
--@include now
local FIRST_MS, LONGEST_MS = 5000, 300000
local provider, reason = unpack(ARGV)
local key = 'gw:provider:' .. provider
local open_until = tonumber(redis.call('HGET', key, 'down_until_ms') or 0)
if open_until > now then return {'opened', open_until, tonumber(redis.call('HGET', key, 'downs'))} end
local failures = redis.call('HINCRBY', key, 'downs', 1)
local until_ms = now + math.min(FIRST_MS * 2 ^ (failures - 1), LONGEST_MS)
redis.call('HSET', key, 'down_until_ms', until_ms, 'down_why', reason)
redis.call('HDEL', key, 'probe_until_ms')
return {'opened', until_ms, failures}
