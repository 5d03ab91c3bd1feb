-- pressure: whether a provider may be given a submit now: its pause, its breaker, its rate.
-- Keys: gw:provider:<name>; the generation's key is the caller's
-- Returns {'wait', ms} | {'down'}
-- Nothing if it may, and whether this submit is a probe ('1' | ''); or the reply that says why not.
local function permission(provider, generation, submit_limit_ms, now)
  local key = 'gw:provider:' .. provider
  local paused, rate, next_ms, down_until, downs, probe_until = unpack(redis.call('HMGET', key, 'paused_until_ms',
    'rate_per_s', 'next_submit_ms', 'down_until_ms', 'downs', 'probe_until_ms'))
  if paused and tonumber(paused) > now then return {'wait', paused - now} end

  -- After an outage one submit is let through to see; the others wait for what becomes of it.
  if downs then
    if tonumber(down_until) > now then return {'down'} end
    if probe_until and tonumber(probe_until) > now then return {'wait', 500} end
    redis.call('HSET', key, 'probe_until_ms', now + submit_limit_ms)
  end

  -- Each generation takes its time in the row once (GCRA) and keeps it while it waits for it.
  if rate then
    local slot = redis.call('HGET', generation, 'slot_ms')
    if not slot then
      slot = math.max(now, tonumber(next_ms or 0))
      redis.call('HSET', key, 'next_submit_ms', string.format('%.0f', math.ceil(slot + 1000 / rate)))
      redis.call('HSET', generation, 'slot_ms', string.format('%.0f', slot))
    end
    if tonumber(slot) > now then return {'wait', slot - now} end
  end
  return nil, downs and '1' or ''
end
