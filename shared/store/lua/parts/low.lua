-- low: write an event when an order takes an account's balance below its threshold; once, until a top-up exceeds it.
-- Keys: gw:account:<id>
-- Returns nothing
local function warn_if_low(account, threshold, told, before, balance, id, now)
  threshold = tonumber(threshold or 0)
  if balance == before or told or before < threshold or balance >= threshold then return end
  redis.call('HSET', 'gw:account:' .. account, 'low_told', 1)
  emit(account, 'evt_low_' .. id, 'balance.low', now, 'balance', string.format('%.0f', balance),
    'threshold', string.format('%.0f', threshold))
end
