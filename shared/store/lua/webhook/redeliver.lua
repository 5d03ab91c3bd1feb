-- redeliver: post a delivery now. An ended delivery is restarted, a pending one is made due.
-- ARGV: account, endpoint, delivery
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:delivery:<id> arq:queue:webhooks
-- Returns {'queued'} | {'disabled'} | {'missing'}
--@include now
--@include queue
--@include events
local account, endpoint, delivery = unpack(ARGV)
if redis.call('SISMEMBER', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
local state, owner = unpack(redis.call('HMGET', 'gw:delivery:' .. delivery, 'state', 'endpoint'))
if owner ~= endpoint then return {'missing'} end
if redis.call('HEXISTS', 'gw:endpoint:' .. endpoint, 'disabled_ms') == 1 then return {'disabled'} end
redis.call('HDEL', 'gw:endpoint:' .. endpoint, 'open_until_ms')  -- its owner expects an answer: probe at once
if state == 'pending' then
  make_due('arq:queue:webhooks', 'deliver:' .. delivery, now)
else
  restart_delivery(delivery, now)
end
return {'queued'}
