-- replay: go through some of the account's generations, newest first, and post the ends that an endpoint did not get.
-- ARGV: account, endpoint, scope ('failed': dead deliveries | 'missing': never posted there), since_ms, first, count
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:generations:<account> gw:generation:<id> gw:delivery:<id>
-- Returns {'scanned', scanned, queued, [when the oldest of them was accepted, ms]} | {'disabled'} | {'missing'}
--@include now
--@include queue
--@include events
local account, endpoint, scope, since, first, count = unpack(ARGV)
if redis.call('SISMEMBER', 'gw:endpoints:' .. account, endpoint) == 0 then return {'missing'} end
if redis.call('HEXISTS', 'gw:endpoint:' .. endpoint, 'disabled_ms') == 1 then return {'disabled'} end
redis.call('HDEL', 'gw:endpoint:' .. endpoint, 'open_until_ms')  -- its owner expects an answer: probe at once
local queued, oldest = 0, nil

local function replay_end(id)
  local state, closed, created =
    unpack(redis.call('HMGET', 'gw:generation:' .. id, 'state', 'closed_ms', 'created_ms'))
  oldest = tonumber(created) or oldest
  if not closed or tonumber(closed) < tonumber(since) or not wants(endpoint, 'generation.' .. state) then return end
  local event = 'evt_' .. id
  local was = redis.call('HGET', 'gw:delivery:' .. event .. ':' .. endpoint, 'state')
  if scope == 'failed' and was == 'dead' then
    restart_delivery(event .. ':' .. endpoint, now)
  elseif scope == 'missing' and not was then
    write_delivery(account, endpoint, event, 'generation.' .. state, now, 'generation', id)
  else
    return
  end
  queued = queued + 1
end

local ids = redis.call('LRANGE', 'gw:generations:' .. account, first, first + count - 1)
for _, id in ipairs(ids) do replay_end(id) end
return {'scanned', #ids, queued, oldest}
