-- events: write a delivery of an event for each endpoint of the account that subscribes to its type.
-- Keys: gw:endpoints:<account> gw:endpoint:<id> gw:endpoint-log:<id> gw:delivery:<id> gw:deliveries:open
-- Keys: gw:dead arq:queue:webhooks
-- Returns nothing
local CHECK_AFTER_MS, LOG_LENGTH_MAX = 60000, 1000

-- Whether an endpoint exists, is enabled, and subscribes to events of this type.
local function wants(endpoint, type)
  local disabled, types = unpack(redis.call('HMGET', 'gw:endpoint:' .. endpoint, 'disabled_ms', 'types'))
  return types and not disabled and (types == '*' or string.find(' ' .. types .. ' ', ' ' .. type .. ' ', 1, true))
end

local function enqueue_delivery(delivery, now)
  redis.call('ZADD', 'gw:deliveries:open', now + CHECK_AFTER_MS, delivery)
  enqueue('arq:queue:webhooks', 'deliver:' .. delivery, 'deliver', now)
end

-- One delivery; the names and values at the end are the event's own fields.
local function write_delivery(account, endpoint, event, type, now, ...)
  local delivery = event .. ':' .. endpoint
  redis.call('HSET', 'gw:delivery:' .. delivery, 'account', account, 'endpoint', endpoint, 'event', event,
    'type', type, 'state', 'pending', 'created_ms', now, 'attempts', 0, ...)
  redis.call('LPUSH', 'gw:endpoint-log:' .. endpoint, delivery)
  redis.call('LTRIM', 'gw:endpoint-log:' .. endpoint, 0, LOG_LENGTH_MAX - 1)
  enqueue_delivery(delivery, now)
end

local function emit(account, event, type, now, ...)
  for _, endpoint in ipairs(redis.call('SMEMBERS', 'gw:endpoints:' .. account)) do
    if wants(endpoint, type) then write_delivery(account, endpoint, event, type, now, ...) end
  end
end

-- The end of a generation: for the endpoints that want it, and for the URL that its order named, unless the account has
-- deleted its endpoint for orders, or was erased.
local function emit_end(account, id, state, hook, now)
  local event, type = 'evt_' .. id, 'generation.' .. state
  emit(account, event, type, now, 'generation', id)
  local endpoint = 'ep_orders_' .. account
  if not hook or redis.call('EXISTS', 'gw:endpoint:' .. endpoint) == 0 then return end
  write_delivery(account, endpoint, event, type, now, 'generation', id, 'to', hook)
end

-- Restart an ended delivery with all attempts of the schedule; its log continues.
local function restart_delivery(delivery, now)
  local key = 'gw:delivery:' .. delivery
  redis.call('HSET', key, 'state', 'pending', 'attempts', 0, 'again_ms', now)
  redis.call('HDEL', key, 'ended_ms')
  redis.call('PERSIST', key)
  redis.call('ZREM', 'gw:dead', delivery)
  enqueue_delivery(delivery, now)
end
