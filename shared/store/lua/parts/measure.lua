-- measure: what the ends of generations teach about a provider.
-- Keys: gw:provider:<name>
-- Returns nothing
local NEWEST_WEIGHS, DUE_MAX, PROOF_MIN = 0.2, 100, 10

-- How long it takes from submit to done, for each kind: a moving average.
local function measure_time(provider, kind, took_ms)
  local key, field = 'gw:provider:' .. provider, 'took_ms:' .. kind
  local known = redis.call('HGET', key, field)
  redis.call('HSET', key, field, string.format('%.1f', known and known + (took_ms - known) * NEWEST_WEIGHS or took_ms))
end

-- Of how many generations it finished (`due`), and of how many a callback told in time (`came`); older ones fade.
local function measure_call(provider, field)
  local key = 'gw:provider:' .. provider
  if redis.call('HINCRBY', key, field, 1) < DUE_MAX or field ~= 'calls_due' then return end
  local due, came = unpack(redis.call('HMGET', key, 'calls_due', 'calls_came'))
  redis.call('HSET', key, 'calls_due', math.floor(due / 2), 'calls_came', math.floor((came or 0) / 2))
end

-- The percentage of generations whose callback comes; 0 while too few were seen.
local function callback_percent(provider)
  local due, came = unpack(redis.call('HMGET', 'gw:provider:' .. provider, 'calls_due', 'calls_came'))
  if tonumber(due or 0) < PROOF_MIN then return 0 end
  return math.min(math.floor((came or 0) * 100 / due), 100)
end
