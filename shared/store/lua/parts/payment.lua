-- payment: pay an order from the plan's daily quota (of a UTC day), or from the balance.
-- Keys: gw:quota:<account>:<day> gw:account:<id> gw:ledger:<account> gw:generation:<id>
-- Keys: gw:money:<minute> gw:history
-- Returns {'quota', limit, used} | {'insufficient', balance, price}
local DAY_MS, QUOTA_KEPT_MS = 86400000, 172800000
local MINUTE_MS, MONEY_KEPT_MS = 60000, 7200000

-- The money moved in this minute, micro-USD, for operators. Its first movement sets the time to keep it.
local function count_money(what, amount, now)
  local key = 'gw:money:' .. math.floor(now / MINUTE_MS)
  if redis.call('HINCRBY', key, what, amount) == tonumber(amount) then redis.call('PEXPIRE', key, MONEY_KEPT_MS) end
end

local function quota_key(account, day) return 'gw:quota:' .. account .. ':' .. day end

-- The source of the payment, quota or balance; or nil and the refusal. A debt stops orders that cost nothing, too.
local function payment_source(payer, account, price, balance, quota, beyond, now)
  if balance < 0 then return nil, {'insufficient', balance, price} end
  if payer == 'quota' then
    local used = tonumber(redis.call('GET', quota_key(account, math.floor(now / DAY_MS))) or 0)
    if tonumber(quota) < 0 or used < tonumber(quota) then return 'quota' end
    if beyond ~= '1' then return nil, {'quota', tonumber(quota), used} end
  end
  if balance < price then return nil, {'insufficient', balance, price} end
  return 'balance'
end

-- Reserve the payment. Returns the reserved amount, micro-USD.
local function reserve_payment(source, account, price, id, now)
  redis.call('HINCRBY', 'gw:history', 'sequence', 1)
  if source == 'quota' then
    local day = math.floor(now / DAY_MS)
    redis.call('INCR', quota_key(account, day))
    redis.call('PEXPIRE', quota_key(account, day), QUOTA_KEPT_MS)
    redis.call('HSET', 'gw:generation:' .. id, 'quota_day', day)
    return 0
  end
  if price > 0 then
    redis.call('HINCRBY', 'gw:account:' .. account, 'spent', price)
    redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f reserve -%.0f %s', now, price, id))
    count_money('reserved', price, now)
  end
  return price
end

-- Return the rest of the reservation, and the quota of `day` if the generation failed; `day` is nil without a quota.
local function return_payment(account, id, refund, reserved, day, failed, now)
  if refund > 0 then redis.call('HINCRBY', 'gw:account:' .. account, 'spent', -refund) end
  if tonumber(reserved) > 0 then
    redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f settle %.0f %s', now, refund, id))
    if refund < tonumber(reserved) then count_money('settled', reserved - refund, now) end
    if refund > 0 then count_money('refunded', refund, now) end
  end
  if failed and day and tonumber(redis.call('GET', quota_key(account, day)) or 0) > 0 then
    redis.call('DECR', quota_key(account, day))
  end
end
