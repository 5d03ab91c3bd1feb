-- enable_endpoint: enable a disabled endpoint for events from now on.
-- ARGV: account, endpoint, by (the caller's key hash | 'operator')
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:failing
-- Returns {'enabled'} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
local account, endpoint, by = unpack(ARGV)
if redis.call('SISMEMBER', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
local disabled, url = unpack(redis.call('HMGET', 'gw:endpoint:' .. endpoint, 'disabled_ms', 'url'))
redis.call('HDEL', 'gw:endpoint:' .. endpoint, 'disabled_ms', 'disabled_why', 'failing_ms', 'failed_ms',
  'silent', 'open_until_ms')
redis.call('ZREM', 'gw:failing', endpoint)
if disabled then note_security(account, 'endpoint.enabled', endpoint, url or '', actor_of(account, by), now) end
return {'enabled'}
