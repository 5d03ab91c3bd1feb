-- check_deliveries: return the fault of each delivery, if it has one.
-- ARGV: id ...
-- Keys: gw:delivery:<id> gw:deliveries:open arq:queue:webhooks arq:job:<id>
-- Returns {'seen', ['' | 'unreadable' | 'lost_delivery' | 'stale_delivery'] ...}
local QUEUE = 'arq:queue:webhooks'

-- Whether the sweeper or a dispatcher will come to it.
local function is_known(id, indexed)
  local job = 'deliver:' .. id
  return indexed or (redis.call('ZSCORE', QUEUE, job) and redis.call('EXISTS', 'arq:job:' .. job) == 1)
end

local function inspect(id)
  local key, indexed = 'gw:delivery:' .. id, redis.call('ZSCORE', 'gw:deliveries:open', id)
  local state, account, endpoint, event, attempts =
    unpack(redis.call('HMGET', key, 'state', 'account', 'endpoint', 'event', 'attempts'))
  if redis.call('EXISTS', key) == 0 then return indexed and 'stale_delivery' or '' end
  if not (account and endpoint and event and tonumber(attempts or '')) then return 'unreadable' end
  if state == 'pending' then return is_known(id, indexed) and '' or 'lost_delivery' end
  if state ~= 'delivered' and state ~= 'dead' then return 'unreadable' end
  return indexed and 'stale_delivery' or ''
end

local out = {'seen'}
for _, id in ipairs(ARGV) do
  local ok, fault = pcall(inspect, id)
  out[#out + 1] = ok and fault or 'unreadable'
end
return out
