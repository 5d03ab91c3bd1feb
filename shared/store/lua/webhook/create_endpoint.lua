-- create_endpoint: register a webhook endpoint of an account.
-- ARGV: account, endpoint, url, secret, types ('*' or words), count_max, by (the caller's key hash | 'operator')
-- Keys: gw:account:<id> gw:endpoints:<account> gw:endpoint:<id>
-- Returns {'created', created_ms} | {'too_many', count} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
local account, endpoint, url, secret, types, count_max, by = unpack(ARGV)
if redis.call('EXISTS', 'gw:account:' .. account) == 0 then return {'missing'} end
local created = redis.call('HGET', 'gw:endpoint:' .. endpoint, 'created_ms')
if created then return {'created', tonumber(created)} end
local orders = redis.call('SISMEMBER', 'gw:endpoints:' .. account, 'ep_orders_' .. account)  -- not counted
local count = redis.call('SCARD', 'gw:endpoints:' .. account) - orders
if count >= tonumber(count_max) then return {'too_many', count} end
-- The account's other endpoints learn of it.
note_security(account, 'endpoint.created', endpoint, url, actor_of(account, by), now)
redis.call('HSET', 'gw:endpoint:' .. endpoint, 'account', account, 'url', url, 'secret', secret, 'types', types,
  'created_ms', now)
redis.call('SADD', 'gw:endpoints:' .. account, endpoint)
return {'created', now}
