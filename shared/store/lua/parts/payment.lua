-- payment: what an order is paid with: a place in the plan's day (UTC), or the balance.
-- Keys: gw:quota:<account>:<day> gw:account:<id> gw:ledger:<account> gw:generation:<id>
-- Keys: gw:money:<minute>
-- Returns {'quota', limit, used} | {'insufficient', balance, price}
local DAY_MS, QUOTA_KEPT_MS = 86400000, 172800000
local MINUTE_MS, MONEY_KEPT_MS = 60000, 7200000

-- What moved in this minute, micro-USD, for operators to see.
local function count_money(what, amount, now)
  local key = 'gw:money:' .. math.floor(now / MINUTE_MS)
  redis.call('HINCRBY', key, what, amount)
  redis.call('PEXPIRE', key, MONEY_KEPT_MS)
end

local function quota_key(account, day) return 'gw:quota:' .. account .. ':' .. day end

-- How it is paid, quota or balance; or nil and the refusal.
local function payment_source(payer, account, price, balance, quota, beyond, now)
  if payer == 'quota' then
    local used = tonumber(redis.call('GET', quota_key(account, math.floor(now / DAY_MS))) or 0)
    if tonumber(quota) < 0 or used < tonumber(quota) then return 'quota' end
    if beyond ~= '1' then return nil, {'quota', tonumber(quota), used} end
  end
  if balance < price then return nil, {'insufficient', balance, price} end
  return 'balance'
end

-- Take the place or the money; what is reserved for it, micro-USD.
local function reserve_payment(way, account, price, id, now)
  if way == 'quota' then
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

-- Give back what a generation did not cost; a place only if it failed.
local function return_payment(account, generation, id, refund, reserved, failed, now)
  if refund > 0 then redis.call('HINCRBY', 'gw:account:' .. account, 'spent', -refund) end
  if tonumber(reserved) > 0 then
    redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f settle %.0f %s', now, refund, id))
    count_money('settled', reserved - refund, now)
    count_money('refunded', refund, now)
  end
  local day = redis.call('HGET', generation, 'quota_day')
  if failed and day and tonumber(redis.call('GET', quota_key(account, day)) or 0) > 0 then
    redis.call('DECR', quota_key(account, day))
  end
end
