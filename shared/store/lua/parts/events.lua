-- events: write a delivery of an event for each endpoint of the account that wants its type.
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:endpoint-log:<id> gw:delivery:<id> gw:deliveries:open
-- Keys: arq:queue:webhooks
-- Returns nothing
local LOOK_AFTER_MS, LOG_LENGTH_MAX = 60000, 1000

local function emit(account, event, type, generation, now)
  for _, endpoint in ipairs(redis.call('SMEMBERS', 'gw:endpoints:' .. account)) do
    local disabled, types = unpack(redis.call('HMGET', 'gw:endpoint:' .. endpoint, 'disabled_ms', 'types'))
    if types and not disabled and (types == '*' or string.find(' ' .. types .. ' ', ' ' .. type .. ' ', 1, true)) then
      local delivery = event .. ':' .. endpoint
      redis.call('HSET', 'gw:delivery:' .. delivery, 'account', account, 'endpoint', endpoint, 'event', event,
        'type', type, 'generation', generation, 'state', 'pending', 'created_ms', now, 'attempts', 0)
      redis.call('LPUSH', 'gw:endpoint-log:' .. endpoint, delivery)
      redis.call('LTRIM', 'gw:endpoint-log:' .. endpoint, 0, LOG_LENGTH_MAX - 1)
      redis.call('ZADD', 'gw:deliveries:open', now + LOOK_AFTER_MS, delivery)
      enqueue('arq:queue:webhooks', 'deliver:' .. delivery, 'deliver', now)
    end
  end
end
