-- open_breaker: stop submits to a route that cannot serve, for longer after each failure in a row. The provider's own
-- breaker opens too when another of its routes is down already, or at once when the account there is proven unusable.
-- A route whose model is gone is closed for an hour, and proves nothing about others.
-- ARGV: provider, target, reason, scope ('route' | 'gone': its model | 'provider': proven for all of its routes)
-- Keys: none of its own; those of the part `route`
-- Returns {'opened', until_ms, failures (in a row), scope}
--@include now
--@include route
local FIRST_MS, LONGEST_MS, EVIDENCE_MS, GONE_MS = 5000, 300000, 60000, 3600000
local provider, target, reason, scope = unpack(ARGV)
local wide, key = unpack(breaker_keys(provider, target))

local function open(breaker)
  local open_until, known = unpack(redis.call('HMGET', breaker, 'down_until_ms', 'downs'))
  if tonumber(open_until or 0) > now then return tonumber(open_until), tonumber(known), false end
  local failures = redis.call('HINCRBY', breaker, 'downs', 1)
  local until_ms = now + math.min(FIRST_MS * 2 ^ (failures - 1), LONGEST_MS)
  redis.call('HSET', breaker, 'down_until_ms', until_ms, 'down_why', reason)
  redis.call('HDEL', breaker, 'probe_until_ms', 'gone')
  return until_ms, failures, true
end

local until_ms, failures, opened
if scope == 'gone' then
  until_ms, failures = now + GONE_MS, 1
  redis.call('HSET', key, 'downs', failures, 'down_until_ms', until_ms, 'down_why', reason, 'gone', 1)
  redis.call('HDEL', key, 'probe_until_ms')
  keep_route(provider, target, now)
end
if scope == 'route' then
  until_ms, failures, opened = open(key)
  keep_route(provider, target, now)
  local is_new = opened and failures == 1
  if is_new and latest_of_others(provider, target, 'down_until_ms') > now - EVIDENCE_MS then scope = 'provider' end
  if tonumber(redis.call('HGET', wide, 'down_until_ms') or 0) > now then scope = 'provider' end
end
if scope == 'provider' then
  until_ms, failures = open(wide)
else
  redis.call('HDEL', wide, 'probe_until_ms')  -- one route's failure proves nothing: another one may be the probe
end
return {'opened', until_ms, failures, scope}
