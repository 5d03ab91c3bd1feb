-- delete_endpoint: remove a webhook endpoint; its pending deliveries end dead.
-- ARGV: account, endpoint, by (the caller's key hash | 'operator')
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:endpoint-log:<id> gw:failing
-- Returns {'deleted'} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
local account, endpoint, by = unpack(ARGV)
if redis.call('SREM', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
local url = redis.call('HGET', 'gw:endpoint:' .. endpoint, 'url')
redis.call('DEL', 'gw:endpoint:' .. endpoint, 'gw:endpoint-log:' .. endpoint)
redis.call('ZREM', 'gw:failing', endpoint)
note_security(account, 'endpoint.deleted', endpoint, url or '', actor_of(account, by), now)
return {'deleted'}
