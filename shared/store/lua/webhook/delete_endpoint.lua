-- delete_endpoint: remove a webhook endpoint; its pending deliveries end dead.
-- ARGV: account, endpoint
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:endpoint-log:<id> gw:failing
-- Returns {'deleted'} | {'missing'}
local account, endpoint = unpack(ARGV)
if redis.call('SREM', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
redis.call('DEL', 'gw:endpoint:' .. endpoint, 'gw:endpoint-log:' .. endpoint)
redis.call('ZREM', 'gw:failing', endpoint)
return {'deleted'}
