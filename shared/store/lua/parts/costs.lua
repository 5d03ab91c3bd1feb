-- costs: the cost of providers' work for us, by provider and day (UTC): expected by the catalogue, and reported.
-- Keys: gw:costs:<provider>:<day>
-- Returns nothing
local COSTS_KEPT_MS, COSTS_DAY_MS = 400 * 86400000, 86400000

local function note_cost(provider, now, amounts)
  local key = 'gw:costs:' .. provider .. ':' .. math.floor(now / COSTS_DAY_MS)
  local first = false
  for name, amount in pairs(amounts) do
    if redis.call('HINCRBY', key, name, string.format('%.0f', amount)) == amount then first = true end
  end
  if first then redis.call('PEXPIRE', key, COSTS_KEPT_MS) end
end

-- Both are micro-USD, or '' if unknown.
local function book_cost(provider, now, expected, reported)
  local ours, theirs = tonumber(expected), tonumber(reported)
  if ours and theirs and ours == theirs then
    note_cost(provider, now, {matched = 1, matched_micros = ours})
  elseif ours and theirs then
    note_cost(provider, now, {differs = 1, differs_ours = ours, differs_theirs = theirs, gap = math.abs(ours - theirs)})
  elseif ours then
    note_cost(provider, now, {ours_only = 1, ours_only_micros = ours})
  elseif theirs then
    note_cost(provider, now, {theirs_only = 1, theirs_only_micros = theirs})
  else
    note_cost(provider, now, {unpriced = 1})
  end
end
