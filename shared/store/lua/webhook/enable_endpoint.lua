-- enable_endpoint: enable a disabled endpoint for events from now on.
-- ARGV: account, endpoint
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:failing
-- Returns {'enabled'} | {'missing'}
local account, endpoint = unpack(ARGV)
if redis.call('SISMEMBER', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
redis.call('HDEL', 'gw:endpoint:' .. endpoint, 'disabled_ms', 'disabled_why', 'failing_ms', 'failed_ms',
  'silent', 'open_until_ms')
redis.call('ZREM', 'gw:failing', endpoint)
return {'enabled'}
