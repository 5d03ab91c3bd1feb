-- rate_limit: whether a provider may be given a submit now: its pause, its breaker, its rate.
-- Keys: gw:provider:<name>; the generation's key is the caller's
-- Returns {'wait', ms} (for the rate) | {'paused', ms} (until the provider accepts submits again) | {'down'}
local HELD_MS = 5000  -- until it is seen that an operator goes on
local PROBED_MS = 500
local LATE_MS = 50  -- so much of the rate may be made up for at once by those who come late for their time

-- Each generation takes a time in the row (GCRA) and waits for it. The times of a pause or an outage are past when it
-- ends: as what was really sent is counted too, those who come with one are not let through together but line up anew.
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

-- Nothing if it may, and whether this submit is a probe ('1' | ''); or the reply that says why not.
local function check_submit(provider, generation, submit_limit_ms, now)
  local key = 'gw:provider:' .. provider
  local paused, rate, down_until, downs, probe_until, held = unpack(redis.call('HMGET', key, 'paused_until_ms',
    'rate_per_s', 'down_until_ms', 'downs', 'probe_until_ms', 'held'))
  if held == 'pause' then return {'paused', HELD_MS} end
  if paused and tonumber(paused) > now then return {'paused', paused - now} end

  -- After an outage one submit is let through to see; the others wait for what becomes of it.
  if downs and tonumber(down_until) > now then return {'down'} end
  if downs and probe_until and tonumber(probe_until) > now then return {'paused', PROBED_MS} end
  local wait = rate and reserve_submit_time(key, generation, tonumber(rate), now)
  if wait then return {'wait', wait} end
  if downs then redis.call('HSET', key, 'probe_until_ms', now + submit_limit_ms) end
  return nil, downs and '1' or ''
end
