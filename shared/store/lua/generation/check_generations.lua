-- check_generations: return generations, and the index entries that an open one lacks.
-- ARGV: id ...
-- Keys: gw:generation:<id> gw:open gw:active:<account>:<provider> gw:backlogs:<account>:<provider>
-- Keys: gw:busy:<provider> arq:queue:<provider> arq:job:<id>
-- Returns {'seen', [id, account, provider, state ('': unknown), reserved, cost (-1: none),
--   credit (-1: none), budgets (that counted it), [fault ...]] ...}
local out, UNREADABLE = {'seen'}, 'unreadable'

local function faults(id, account, provider, state)
  local found, place = {}, account .. ':' .. provider
  if not redis.call('ZSCORE', 'gw:open', id) then found[#found + 1] = 'not_in_open' end
  if state == 'backlog' then
    if not redis.call('ZSCORE', 'gw:backlogs:' .. place, id) then found[#found + 1] = 'no_backlog_place' end
    return found
  end
  if redis.call('SISMEMBER', 'gw:active:' .. place, id) == 0 then found[#found + 1] = 'not_active' end
  if redis.call('SISMEMBER', 'gw:busy:' .. provider, id) == 0 then found[#found + 1] = 'not_busy' end
  if not redis.call('ZSCORE', 'arq:queue:' .. provider, id) or redis.call('EXISTS', 'arq:job:' .. id) == 0 then
    found[#found + 1] = 'no_job'
  end
  return found
end

-- Whether a worker can run an open generation: a number or a specification that is missing would fail every step.
local function is_readable(id)
  local numbers = redis.call('HMGET', 'gw:generation:' .. id, 'reserved', 'created_ms', 'deadline_ms', 'run_ms')
  for i = 1, 4 do if not tonumber(numbers[i] or '') then return false end end
  return redis.call('HEXISTS', 'gw:generation:' .. id, 'spec') == 1
end

local function inspect(id)
  local account, provider, state, reserved, cost, credit, budgets = unpack(redis.call('HMGET', 'gw:generation:' .. id,
    'account', 'provider', 'state', 'reserved', 'cost', 'credit', 'budgets'))
  if not account or not provider or not state then
    return {id, '', '', '', -1, -1, -1, '', redis.call('EXISTS', 'gw:generation:' .. id) == 1 and {UNREADABLE} or {}}
  end
  local open, found = state ~= 'completed' and state ~= 'failed', {}
  if open then found = faults(id, account, provider, state) end
  if open and not is_readable(id) then found[#found + 1] = UNREADABLE end
  return {id, account, provider, state, tonumber(reserved or -1) or -1, tonumber(cost or -1) or -1,
    tonumber(credit or -1) or -1, budgets or '', found}
end

for _, id in ipairs(ARGV) do
  local ok, row = pcall(inspect, id)
  out[#out + 1] = ok and row or {id, '', '', '', -1, -1, -1, '', {UNREADABLE}}
end
return out
