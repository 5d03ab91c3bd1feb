-- budget: how much some keys, or an account, may take from the balance in a day, in a month (UTC), and in total. A refund
-- gives back what its order counted, unless that day or month is over, or the owner has begun the count again.
-- Keys: gw:budget:<id> gw:generation:<id>
-- Returns {'over_budget', id, period ('day' | 'month' | 'total'), cap, spent}
local BUDGET_DAY_MS = 86400000

-- A day since 1970, and its month since March of the year 0, both as text.
local function read_period(now)
  local day = math.floor(now / BUDGET_DAY_MS)
  local since = day + 719468
  local era = math.floor(since / 146097)
  local rest = since - era * 146097
  local year = math.floor((rest - math.floor(rest / 1460) + math.floor(rest / 36524) - math.floor(rest / 146096)) / 365)
  local in_year = rest - 365 * year - math.floor(year / 4) + math.floor(year / 100)
  local month = (era * 400 + year) * 12 + math.floor((5 * in_year + 2) / 153)
  return string.format('%.0f', day), string.format('%.0f', month)
end

-- The budgets with what they have counted; and the reply for the first that an order would pass, or nil. One that does
-- not exist allows nothing. An account without caps is `false`.
local function read_budgets(ids, account, price, now)
  if price == 0 or not account and ids == '' then return {} end
  local budgets, over, day, month = {}, nil, read_period(now)
  for id in string.gmatch(ids .. ' ' .. (account or ''), '%S+') do
    local found = redis.call('HMGET', 'gw:budget:' .. id, 'cap_day', 'cap_month', 'cap_total', 'spent_day',
      'spent_month', 'spent_total', 'day', 'month', 'epoch')
    local spent = {found[7] == day and found[4] or 0, found[8] == month and found[5] or 0, found[6] or 0}
    for at, period in ipairs({[1] = 'day', [2] = 'month', [3] = 'total'}) do
      local cap = tonumber(found[9] and found[at] or 0)
      if cap and spent[at] + price > cap then over = over or {'over_budget', id, period, cap, tonumber(spent[at])} end
    end
    budgets[#budgets + 1] = {id = id, epoch = found[9], spent = spent, day = day, month = month}
  end
  return budgets, over
end

local function count_budgets(generation_id, budgets, amount)
  local notes = {}
  for _, one in ipairs(budgets) do
    local day, month, total = unpack(one.spent)
    redis.call('HSET', 'gw:budget:' .. one.id, 'day', one.day, 'month', one.month, 'spent_day',
      string.format('%.0f', day + amount), 'spent_month', string.format('%.0f', month + amount),
      'spent_total', string.format('%.0f', total + amount))
    notes[#notes + 1] = table.concat({one.id, one.epoch, one.day, one.month}, ' ')
  end
  if #notes > 0 then redis.call('HSET', 'gw:generation:' .. generation_id, 'budgets', table.concat(notes, ' ')) end
end

-- `notes` is the generation's field `budgets`.
local function return_budgets(notes, amount)
  for id, epoch, day, month in string.gmatch(notes or '', '(%S+) (%S+) (%S+) (%S+)') do
    local key = 'gw:budget:' .. id
    local found = redis.call('HMGET', key, 'epoch', 'day', 'month')
    if found[1] == epoch then
      redis.call('HINCRBY', key, 'spent_total', -amount)
      if found[2] == day then redis.call('HINCRBY', key, 'spent_day', -amount) end
      if found[3] == month then redis.call('HINCRBY', key, 'spent_month', -amount) end
    end
  end
end
