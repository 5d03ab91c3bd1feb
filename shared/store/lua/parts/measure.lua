-- measure: a provider's speed and its share of callbacks that arrive, from the ends of generations.
-- Keys: gw:provider:<name>
-- Returns nothing
local NEWEST_WEIGHS, DUE_MAX, PROOF_MIN = 0.2, 100, 10

-- The time from submit to result, for each kind: a moving average.
local function measure_time(provider, kind, took_ms)
  local key, field = 'gw:provider:' .. provider, 'took_ms:' .. kind
  local known = redis.call('HGET', key, field)
  redis.call('HSET', key, field, string.format('%.1f', known and known + (took_ms - known) * NEWEST_WEIGHS or took_ms))
end

-- How many generations it finished (`due`), and how many of their callbacks arrived in time (`came`); old ones fade.
local function measure_call(provider, field)
  local key = 'gw:provider:' .. provider
  if redis.call('HINCRBY', key, field, 1) < DUE_MAX or field ~= 'calls_due' then return end
  local due, came = unpack(redis.call('HMGET', key, 'calls_due', 'calls_came'))
  redis.call('HSET', key, 'calls_due', math.floor(due / 2), 'calls_came', math.floor((came or 0) / 2))
end

-- The percentage of callbacks that arrive; 0 while there are too few to judge by.
local function callback_percent(due, came)
  if tonumber(due or 0) < PROOF_MIN then return 0 end
  return math.min(math.floor((came or 0) * 100 / due), 100)
end
