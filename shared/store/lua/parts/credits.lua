-- credits: add money to an account, or take it back, by a ledger line of its own.
-- Keys: gw:account:<id> gw:ledger:<account> gw:top-ups:<account> gw:history
-- Returns nothing

-- The balance then. `low` is the account's threshold of the alert, which a higher balance arms again. `kind` is that of
-- the line: a top_up if it is nil, or a dispute or a close.
local function add_money(account, amount, reference, low, now, kind)
  local record = 'gw:account:' .. account
  redis.call('HINCRBY', 'gw:history', 'sequence', 1)
  local topup = redis.call('HINCRBY', record, 'topup', amount)
  redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f %s %.0f %s', now, kind or 'top_up', amount, reference))
  if kind == 'dispute' then redis.call('HINCRBY', record, 'disputed', amount) end
  redis.call('HSET', 'gw:top-ups:' .. account, reference, now)
  note_record('account:' .. account, FACTS_MAX)
  local balance = topup - redis.call('HGET', record, 'spent')
  if balance >= tonumber(low or 0) then redis.call('HDEL', record, 'low_told') end
  return balance
end
