-- read_stats: return the sizes of all queues, for metrics and operators. Each queue takes a few commands of constant cost.
-- ARGV: queue ... (the providers' and webhooks)
-- Keys: gw:open gw:uncertain gw:late gw:deliveries:open gw:ledger-check gw:provider:<name> gw:waiting:<provider>
-- Keys: arq:queue:<name> gw:routes:<provider>
-- Returns {'read', open, uncertain, late, deliveries, [field of the ledger's check, value ...], [due, running,
--   parked, age_ms of the oldest due job, waiting, age_ms of the oldest waiting, downs, down_ms, paused_ms, held,
--   [[target, downs, down_ms, paused_ms, gone (1 | 0)] of each route that had trouble lately ...]] ...}
--@include now
--@include route
local ROUTES_MAX = 100  -- of a provider
local function age(set)
  local score = redis.call('ZRANGEBYSCORE', set, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  return score and now - score or 0
end

local function left(moment) return math.max((tonumber(moment) or now) - now, 0) end

local function routes_of(provider)
  local found = {}
  for _, target in ipairs(redis.call('ZREVRANGE', 'gw:routes:' .. provider, 0, ROUTES_MAX - 1)) do
    local downs, down_until, paused_until, gone =
      unpack(redis.call('HMGET', route_key(provider, target), 'downs', 'down_until_ms', 'paused_until_ms', 'gone'))
    found[#found + 1] = {target, tonumber(downs or 0), left(down_until), left(paused_until), tonumber(gone or 0)}
  end
  return found
end

local out = {'read', redis.call('ZCARD', 'gw:open'), redis.call('ZCARD', 'gw:uncertain'), redis.call('ZCARD', 'gw:late'),
  redis.call('ZCARD', 'gw:deliveries:open'), redis.call('HGETALL', 'gw:ledger-check')}
for _, name in ipairs(ARGV) do
  local queue, waiting = 'arq:queue:' .. name, 'gw:waiting:' .. name
  local due, running = redis.call('ZCOUNT', queue, '-inf', now), redis.call('ZCARD', queue .. ':leases')
  local downs, down_until, paused_until, held =
    unpack(redis.call('HMGET', 'gw:provider:' .. name, 'downs', 'down_until_ms', 'paused_until_ms', 'held'))
  out[#out + 1] = {due, running, math.max(redis.call('ZCARD', queue) - due - running, 0), age(queue),
    redis.call('ZCARD', waiting), age(waiting), tonumber(downs or 0), left(down_until), left(paused_until), held or '',
    routes_of(name)}
end
return out
