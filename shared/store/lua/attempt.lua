-- attempt: record one attempt of a delivery, and its end if it was the last.
-- ARGV: id, attempt (1 is the first), state ('pending' | 'delivered' | 'dead'), line (JSON), keep_ms, gone ('1' | '')
-- Keys: gw:delivery:<id> gw:deliveries:open gw:endpoint:<id> arq:queue:webhooks
-- That an endpoint took the event, or is gone, counts whoever brings it: also from a dispatcher that lost the job.
-- Returns {'recorded'} | {'already'} | {'ended', state} | {'missing'}
--@include now
--@include queue
local id, attempt, state, line, keep_ms, gone = unpack(ARGV)
local key = 'gw:delivery:' .. id
local was, attempts, log, endpoint = unpack(redis.call('HMGET', key, 'state', 'attempts', 'log', 'endpoint'))
if not was then return {'missing'} end
if was ~= 'pending' then return {'ended', was} end
local fact = state == 'delivered' or gone == '1'
if tonumber(attempt) <= tonumber(attempts) and not fact then return {'already'} end
redis.call('HSET', key, 'attempts', math.max(attempt, attempts), 'state', state, 'log', log and log .. '\n' .. line or line)
if gone == '1' and redis.call('EXISTS', 'gw:endpoint:' .. endpoint) == 1 then
  redis.call('HSET', 'gw:endpoint:' .. endpoint, 'disabled_ms', now, 'disabled_why', 'the endpoint answered 410 Gone')
end
if state ~= 'pending' then
  redis.call('HSET', key, 'ended_ms', now)
  redis.call('ZREM', 'gw:deliveries:open', id)
  dequeue('arq:queue:webhooks', 'deliver:' .. id)
  redis.call('PEXPIRE', key, keep_ms)
end
return {'recorded'}
