-- enqueue_late: enqueue the late polls that are due, of failed generations that a provider may still finish.
-- ARGV: count
-- Keys: gw:late gw:generation:<id> arq:queue:<provider>
-- Returns {'handed', count, [id of an unreadable record ...]}
--@include now
--@include queue
local GUARD_MS = 60000
local unreadable = {}

local function hand_over(id)
  local provider = redis.call('HGET', 'gw:generation:' .. id, 'provider')
  if provider then enqueue('arq:queue:' .. provider, 'late:' .. id, 'late', now)
  else redis.call('ZREM', 'gw:late', id) end
end

local due = redis.call('ZRANGEBYSCORE', 'gw:late', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  if not pcall(hand_over, id) then unreadable[#unreadable + 1] = id end
  redis.call('ZADD', 'gw:late', 'XX', now + GUARD_MS, id)
end
return {'handed', #due, unreadable}
