-- budget_caps: set the caps of a budget; see part `budget`.
-- Keys: gw:budget:<id>
-- Returns nothing

-- `caps` are those of a day, of a month and in total, micro-USD, `-` for none. A fresh budget counts from zero.
local function write_budget(id, caps, fresh)
  local key, day, month, total = 'gw:budget:' .. id, string.match(caps, '(%S+) (%S+) (%S+)')
  if fresh or redis.call('HEXISTS', key, 'epoch') == 0 then
    redis.call('HINCRBY', key, 'epoch', 1)
    redis.call('HSET', key, 'spent_day', 0, 'spent_month', 0, 'spent_total', 0)
  end
  redis.call('HSET', key, 'cap_day', day, 'cap_month', month, 'cap_total', total)
end
