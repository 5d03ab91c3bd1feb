-- rate_limit: whether a route may be given a submit now: its pause and breaker, those of its provider, and the rate. The
-- part `route` precedes this one.
-- Keys: gw:provider:<name>; the generation's key is the caller's
-- Returns {'wait', ms} (for the rate) | {'paused', ms} (until the provider accepts submits again) | {'down'}
local HELD_MS = 5000  -- until a worker checks whether an operator has resumed it
local PROBED_MS = 500
local LATE_MS = 50  -- generations that come late for their time may make up for this much of the rate at once

-- Each generation reserves a submit time (GCRA) and waits for it. After a pause or an outage many reserved times are in
-- the past. Real submits are counted too, so those generations reserve new times instead of passing all at once.
local function reserve_submit_time(key, generation, rate, now)
  local row_end, sent_until = unpack(redis.call('HMGET', key, 'next_submit_ms', 'sent_until_ms'))
  local slot, sent_until = tonumber(redis.call('HGET', generation, 'slot_ms')), tonumber(sent_until or 0)
  if not slot or (slot <= now and sent_until - now > LATE_MS) then
    slot = math.max(now, tonumber(row_end or 0), sent_until - LATE_MS)
    redis.call('HSET', key, 'next_submit_ms', string.format('%.0f', math.ceil(slot + 1000 / rate)))
    redis.call('HSET', generation, 'slot_ms', string.format('%.0f', slot))
  end
  if slot > now then return slot - now end
  redis.call('HSET', key, 'sent_until_ms', string.format('%.0f', math.ceil(math.max(now, sent_until) + 1000 / rate)))
end

-- A provider's callbacks, due and came, its rate and mode, and the fields of its breaker.
local function read_provider(provider)
  return redis.call('HMGET', 'gw:provider:' .. provider, 'calls_due', 'calls_came', 'rate_per_s', 'held',
    'paused_until_ms', 'down_until_ms', 'downs', 'probe_until_ms')
end

-- nil if a submit may be sent now, and whether it is a probe ('1' | ''); or the reply that says why not.
local function check_submit(provider, known, target, generation, submit_limit_ms, now)
  local key, rate, held = 'gw:provider:' .. provider, known[3], known[4]
  if held == 'pause' then return {'paused', HELD_MS} end
  local half_open = {}
  for at, breaker in ipairs(breaker_keys(provider, target)) do
    local paused, down_until, downs, probe_until = unpack(at == 1 and {unpack(known, 5)} or
      redis.call('HMGET', breaker, 'paused_until_ms', 'down_until_ms', 'downs', 'probe_until_ms'))
    if paused and tonumber(paused) > now then return {'paused', paused - now} end

    -- After an outage one submit is sent as a probe; the others wait for its result.
    if downs and tonumber(down_until) > now then return {'down'} end
    if downs and probe_until and tonumber(probe_until) > now then return {'paused', PROBED_MS} end
    if downs then half_open[#half_open + 1] = breaker end
  end
  local wait = rate and reserve_submit_time(key, generation, tonumber(rate), now)
  if wait then return {'wait', wait} end
  for _, breaker in ipairs(half_open) do redis.call('HSET', breaker, 'probe_until_ms', now + submit_limit_ms) end
  return nil, #half_open > 0 and '1' or ''
end
