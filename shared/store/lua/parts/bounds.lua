-- bounds: the use of a day (UTC) by a caller, its network, all guests, and the whole deployment, against their limits:
-- requests that create (refused ones too), attempts on the daily quota (failed ones too), bytes of requests, bytes
-- stored, and our cost (micro-USD). A refund gives none of it back. A refused order counts for its caller alone, so that
-- nobody uses up by refusals what others share. One that a bound refused counts nothing: the bound holds for the day.
-- Keys: gw:usage:<scope>:<day>
-- Returns {'bound', scope, name, limit, left_ms (of the day)}
local BOUND_DAY_MS, USAGE_KEPT_MS = 86400000, 172800000

local BOUNDED = {[1] = 'requests', [2] = 'attempts', [3] = 'bytes_in', [4] = 'bytes_stored', [5] = 'cost'}
local FIVE = '(%S+) (%S+) (%S+) (%S+) (%S+)'

-- The amounts of an order; `usage` has its bytes in, its bytes stored and its cost, which counts on the quota alone.
local function amounts_of(usage, free)
  local bytes_in, bytes_stored, cost = string.match(usage, '(%S+) (%S+) (%S+)')
  return {1, free, bytes_in, bytes_stored, cost * free}
end

-- Each line is a scope and its limits, `-` for none. Those of the scope `account` are overridden by its plan's.
local function read_usage(lines, account, plan_limits, now)
  local scopes, names, day = {}, {}, math.floor(now / BOUND_DAY_MS)
  for name, line in string.gmatch(lines, '(%S+) ([^\n]+)') do
    local limits, own = {string.match(line, FIVE)}, name == 'account' and plan_limits
    for at, limit in ipairs(own and {string.match(own, FIVE)} or {}) do if limit ~= '-' then limits[at] = limit end end
    names[#names + 1] = 'gw:usage:' .. (name == 'account' and account or name) .. ':' .. day
    scopes[#scopes + 1] = {name = name, key = names[#names], limits = limits}
  end
  for at, used in ipairs(#names > 0 and redis.call('MGET', unpack(names)) or {}) do
    scopes[at].used = {string.match(used or '0 0 0 0 0', FIVE)}
  end
  return scopes
end

-- The first bound that an order, with an amount for each of BOUNDED, would pass; or nil.
local function bound_passed(scopes, amounts, now)
  for _, scope in ipairs(scopes) do
    for at, text in ipairs(scope.limits) do
      local limit = tonumber(text)
      if limit and scope.used[at] + amounts[at] > limit then
        return {'bound', scope.name, BOUNDED[at], limit, BOUND_DAY_MS - now % BOUND_DAY_MS}
      end
    end
  end
end

local function count_in(scope, amounts)
  local used, requests, attempts, bytes_in, bytes_stored, cost = scope.used, unpack(amounts)
  redis.call('SET', scope.key, string.format('%.0f %.0f %.0f %.0f %.0f', used[1] + requests, used[2] + attempts,
    used[3] + bytes_in, used[4] + bytes_stored, used[5] + cost), 'PX', USAGE_KEPT_MS)
end

local function count_usage(scopes, amounts)
  for _, scope in ipairs(scopes) do count_in(scope, amounts) end
end

local function count_refusal(scopes, amounts, refusal)
  for _, scope in ipairs(scopes) do
    if scope.name == 'account' and refusal[1] ~= 'bound' then count_in(scope, {1, 0, amounts[3], 0, 0}) end
  end
  return refusal
end
