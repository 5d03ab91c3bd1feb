-- enqueue_late: enqueue the late polls that are due, of failed generations that a provider may still finish.
-- ARGV: count
-- Keys: gw:late gw:generation:<id> arq:queue:<provider>
-- Returns {'handed', count}
--@include now
--@include queue
local GUARD_MS = 60000
local due = redis.call('ZRANGEBYSCORE', 'gw:late', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  local provider = redis.call('HGET', 'gw:generation:' .. id, 'provider')
  if provider then
    enqueue('arq:queue:' .. provider, 'late:' .. id, 'late', now)
    redis.call('ZADD', 'gw:late', now + GUARD_MS, id)
  else
    redis.call('ZREM', 'gw:late', id)
  end
end
return {'handed', #due}
