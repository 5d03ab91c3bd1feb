-- rotate_secret: give an endpoint a new secret; the old one also signs for a while.
-- ARGV: account, endpoint, secret, overlap_ms
-- Keys: gw:endpoints:<account> gw:endpoint:<id>
-- Returns {'rotated', old_until_ms} | {'missing'}
--@include now
local account, endpoint, secret, overlap_ms = unpack(ARGV)
if redis.call('SISMEMBER', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
local key = 'gw:endpoint:' .. endpoint
local was, until_ms = unpack(redis.call('HMGET', key, 'secret', 'old_until_ms'))
if was == secret then return {'rotated', tonumber(until_ms)} end
redis.call('HSET', key, 'secret', secret, 'old_secret', was, 'old_until_ms', now + overlap_ms)
return {'rotated', now + overlap_ms}
