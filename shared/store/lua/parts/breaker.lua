-- breaker: which of several routes can be given work. The part `route` precedes this one.
-- Keys: none of its own
-- Returns nothing
local DRAINED_MS = 60000  -- until a caller should try again

-- 'free'; 'later': paused, or half open; 'down': a breaker is open, or the provider is drained, and for how many ms.
-- Also returns the slots of the provider, or false.
local function availability(provider, target, now)
  local word, slots = 'free', nil
  for at, key in ipairs(breaker_keys(provider, target)) do
    local down_until, paused_until, downs, probe_until, held, limit = unpack(redis.call('HMGET', key,
      'down_until_ms', 'paused_until_ms', 'downs', 'probe_until_ms', 'held', 'concurrency'))
    if at == 1 then slots = limit end
    if held == 'drain' then return 'down', DRAINED_MS end
    if tonumber(down_until or 0) > now then return 'down', down_until - now end
    if held == 'pause' or tonumber(paused_until or 0) > now then word = 'later' end
    if downs and tonumber(probe_until or 0) > now then word = 'later' end
  end
  return word, 0, slots
end

-- The index in ARGV of the first free route, counting from `first` in steps of `step`; else, with `later_will_do`, of
-- the first that is free later; else nil. Also returns the ms until the first of those that are down may be tried, and
-- the slots of the provider, or false.
local function first_available(first, step, later_will_do, now)
  local later, soonest, slots_later
  for at = first, #ARGV, step do
    local word, wait, slots = availability(ARGV[at], ARGV[at + 1], now)
    if word == 'free' then return at, 0, slots end
    if word == 'later' and later_will_do and not later then later, slots_later = at, slots end
    if word == 'down' then soonest = math.min(wait, soonest or wait) end
  end
  return later, soonest or 0, slots_later
end

-- The number of the route in ARGV, of five parts each, with this spec; 0 if there is none.
local function route_number(spec, first)
  for at = first, #ARGV, 5 do if ARGV[at + 3] == spec then return (at - first) / 5 + 1 end end
  return 0
end
