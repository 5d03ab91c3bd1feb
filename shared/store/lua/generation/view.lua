-- view: return an account's generations, newest first, or one of them.
-- ARGV: account, id ('' for the newest), count
-- Keys: gw:generation:<id> gw:generations:<account> gw:backlog:<account>:<provider> arq:queue:<provider>
-- Returns {'seen', [id, position (-1: it does not wait), [field, value ...]] ...}
local account, id, count = unpack(ARGV)
local ids = {id}
if id == '' then ids = redis.call('LRANGE', 'gw:generations:' .. account, 0, count - 1) end

local function position(id, provider, state)
  local queue = 'arq:queue:' .. provider
  if state == 'queued' then return redis.call('ZRANK', queue, id) or -1 end
  if state ~= 'backlog' then return -1 end
  return (redis.call('LPOS', 'gw:backlog:' .. account .. ':' .. provider, id) or 0) + redis.call('ZCARD', queue)
end

local out = {'seen'}
for _, name in ipairs(ids) do
  local key = 'gw:generation:' .. name
  local owner, provider, state = unpack(redis.call('HMGET', key, 'account', 'provider', 'state'))
  if owner and (owner == account or account == '') then
    out[#out + 1] = {name, position(name, provider, state), redis.call('HGETALL', key)}
  end
end
return out
