-- check_generations: return generations, and the index entries that an open one lacks.
-- ARGV: id ...
-- Keys: gw:generation:<id> gw:open gw:active:<account>:<provider> gw:backlogs:<account>:<provider>
-- Keys: gw:busy:<provider> arq:queue:<provider> arq:job:<id>
-- Returns {'seen', [id, account, provider, state ('': unknown), reserved, cost (-1: none),
--   credit (-1: none), [fault ...]] ...}
local out = {'seen'}

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

for _, id in ipairs(ARGV) do
  local account, provider, state, reserved, cost, credit =
    unpack(redis.call('HMGET', 'gw:generation:' .. id, 'account', 'provider', 'state', 'reserved', 'cost', 'credit'))
  if not account or not provider or not state then
    out[#out + 1] = {id, '', '', '', -1, -1, -1, {}}
  else
    local open = state ~= 'completed' and state ~= 'failed'
    out[#out + 1] = {id, account, provider, state, tonumber(reserved or -1), tonumber(cost or -1), tonumber(credit or -1),
      open and faults(id, account, provider, state) or {}}
  end
end
return out
