-- route: breakers and pauses of a provider's routes. A route is one model of a provider, named by its target. A breaker
-- or pause of the provider itself needs evidence from two routes, or proof about our account there.
-- Keys: gw:provider:<name> gw:route:<provider>:<target> gw:routes:<provider>
-- Returns nothing
local ROUTE_KEPT_MS = 3600000  -- after its last trouble a route is forgotten

local function route_key(provider, target) return 'gw:route:' .. provider .. ':' .. target end

-- The hashes with a breaker and a pause that apply to a submit.
local function breaker_keys(provider, target) return {'gw:provider:' .. provider, route_key(provider, target)} end

local function keep_route(provider, target, now)
  local index = 'gw:routes:' .. provider
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now - ROUTE_KEPT_MS)
  redis.call('ZADD', index, now, target)
  redis.call('PEXPIRE', index, ROUTE_KEPT_MS)
  redis.call('PEXPIRE', route_key(provider, target), ROUTE_KEPT_MS)
end

-- The latest time in a field of the provider's other routes, 0 if none has it. One whose model is gone proves nothing.
local function latest_of_others(provider, target, field)
  local latest = 0
  for _, other in ipairs(redis.call('ZRANGE', 'gw:routes:' .. provider, 0, -1)) do
    local at, gone = unpack(redis.call('HMGET', route_key(provider, other), field, 'gone'))
    if other ~= target and not gone then latest = math.max(latest, tonumber(at or 0)) end
  end
  return latest
end

-- Whether the next submit of a route is a probe: its breaker or the provider's is half open.
local function is_probe(provider, target)
  for _, key in ipairs(breaker_keys(provider, target)) do
    if redis.call('HEXISTS', key, 'downs') == 1 then return '1' end
  end
  return ''
end

-- Let another submit be the probe, because this one proved nothing.
local function release_probe(provider, target)
  for _, key in ipairs(breaker_keys(provider, target)) do redis.call('HDEL', key, 'probe_until_ms') end
end

-- Stop submits to a route for pause_ms, and to the provider while two of its routes are paused.
local function pause_submits(provider, target, pause_ms, now)
  if pause_ms <= 0 then return end
  local wide, key = unpack(breaker_keys(provider, target))
  local until_ms = math.max(tonumber(redis.call('HGET', key, 'paused_until_ms') or 0), now + pause_ms)
  redis.call('HSET', key, 'paused_until_ms', until_ms)
  keep_route(provider, target, now)
  local both = math.min(until_ms, latest_of_others(provider, target, 'paused_until_ms'))
  if both <= now then return end
  local known = tonumber(redis.call('HGET', wide, 'paused_until_ms') or 0)
  redis.call('HSET', wide, 'paused_until_ms', math.max(known, both))
end
