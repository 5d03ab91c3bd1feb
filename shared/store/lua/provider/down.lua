-- down: a provider cannot serve anybody; leave it alone for a while, longer each time in a row.
-- ARGV: provider, reason
-- Keys: gw:provider:<name>
-- Returns {'down', until_ms, downs}
--@include now
local FIRST_MS, LONGEST_MS = 5000, 300000
local provider, reason = unpack(ARGV)
local key = 'gw:provider:' .. provider
local down_until = tonumber(redis.call('HGET', key, 'down_until_ms') or 0)
if down_until > now then return {'down', down_until, tonumber(redis.call('HGET', key, 'downs'))} end
local downs = redis.call('HINCRBY', key, 'downs', 1)
local until_ms = now + math.min(FIRST_MS * 2 ^ (downs - 1), LONGEST_MS)
redis.call('HSET', key, 'down_until_ms', until_ms, 'down_why', reason)
redis.call('HDEL', key, 'probe_until_ms')
return {'down', until_ms, downs}
