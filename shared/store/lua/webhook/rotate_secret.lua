-- rotate_secret: give an endpoint a new secret; the old one also signs for a while.
-- ARGV: account, endpoint, secret, overlap_ms, by (the caller's key hash | 'operator')
-- Keys: gw:endpoints:<account> gw:endpoint:<id>
-- Returns {'rotated', old_until_ms} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
local account, endpoint, secret, overlap_ms, by = unpack(ARGV)
if redis.call('SISMEMBER', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
local key = 'gw:endpoint:' .. endpoint
local was, until_ms, url = unpack(redis.call('HMGET', key, 'secret', 'old_until_ms', 'url'))
if was == secret then return {'rotated', tonumber(until_ms)} end
redis.call('HSET', key, 'secret', secret, 'old_secret', was, 'old_until_ms', now + overlap_ms)
note_security(account, 'endpoint.rotated', endpoint, url or '', actor_of(account, by), now)
return {'rotated', now + overlap_ms}
