-- breaker: whether providers can be given work, and which of several routes is.
-- Keys: gw:provider:<name>
-- Returns nothing
-- 'free'; 'later': paused, or half open; 'down': its breaker is open, or it is drained, and for how many ms.
local DRAINED_MS = 60000  -- until a caller should try again
local function availability(provider, now)
  local down_until, paused_until, downs, probe_until, held = unpack(redis.call('HMGET', 'gw:provider:' .. provider,
    'down_until_ms', 'paused_until_ms', 'downs', 'probe_until_ms', 'held'))
  if held == 'drain' then return 'down', DRAINED_MS end
  if tonumber(down_until or 0) > now then return 'down', down_until - now end
  if held == 'pause' or tonumber(paused_until or 0) > now then return 'later' end
  if downs and tonumber(probe_until or 0) > now then return 'later' end
  return 'free'
end

-- The index in ARGV of the first free provider, counting from `first` in steps of `step`; else, with `later_will_do`, of
-- the first that is free later; else nil. Also returns the ms until the first of those that are down may be tried.
local function first_available(first, step, later_will_do, now)
  local later, soonest
  for at = first, #ARGV, step do
    local word, wait = availability(ARGV[at], now)
    if word == 'free' then return at end
    if word == 'later' and later_will_do then later = later or at end
    if word == 'down' then soonest = math.min(wait, soonest or wait) end
  end
  return later, soonest or 0
end

-- The number of the route in ARGV, of four parts each, with this spec; 0 if there is none.
local function route_number(spec, first)
  for at = first, #ARGV, 4 do if ARGV[at + 2] == spec then return (at - first) / 4 + 1 end end
  return 0
end

-- Stop all submits to a provider for pause_ms.
local function pause_submits(provider, pause_ms, now)
  if pause_ms <= 0 then return end
  local key = 'gw:provider:' .. provider
  local paused = tonumber(redis.call('HGET', key, 'paused_until_ms') or 0)
  redis.call('HSET', key, 'paused_until_ms', math.max(paused, now + pause_ms))
end
