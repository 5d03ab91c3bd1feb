-- list_slowest: return the oldest open generations. Ids sort by acceptance time. The number of ids read is bounded.
-- ARGV: count, read_max
-- Keys: gw:open gw:generation:<id>
-- Returns {'seen', now_ms, [id, account, provider, state, created_ms, deadline_ms] ...}
--@include now
local ids = redis.call('ZRANGE', 'gw:open', 0, ARGV[2] - 1)
table.sort(ids)
local out = {'seen', now}
for _, id in ipairs(ids) do
  if #out - 2 >= tonumber(ARGV[1]) then break end
  local account, provider, state, created, deadline = unpack(redis.call('HMGET', 'gw:generation:' .. id, 'account',
    'provider', 'state', 'created_ms', 'deadline_ms'))
  if state then out[#out + 1] = {id, account, provider, state, tonumber(created), tonumber(deadline)} end
end
return out
