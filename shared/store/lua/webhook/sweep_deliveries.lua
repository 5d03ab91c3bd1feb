-- sweep_deliveries: re-enqueue open deliveries whose job is lost.
-- ARGV: count
-- Keys: gw:deliveries:open gw:delivery:<id> arq:queue:webhooks arq:job:<id>
-- Returns {'swept', checked, [rearmed id ...], [id of an unreadable record ...]}
--@include now
--@include queue
local CHECK_AFTER_MS = 60000
local queue, rearmed, unreadable = 'arq:queue:webhooks', {}, {}

local function inspect(id)
  local job = 'deliver:' .. id
  if redis.call('HGET', 'gw:delivery:' .. id, 'state') ~= 'pending' then
    redis.call('ZREM', 'gw:deliveries:open', id)
  elseif not redis.call('ZSCORE', queue, job) or redis.call('EXISTS', 'arq:job:' .. job) == 0 then
    enqueue(queue, job, 'deliver', now)
    rearmed[#rearmed + 1] = id
  end
end

local due = redis.call('ZRANGEBYSCORE', 'gw:deliveries:open', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  if not pcall(inspect, id) then unreadable[#unreadable + 1] = id end
  redis.call('ZADD', 'gw:deliveries:open', 'XX', now + CHECK_AFTER_MS, id)
end
return {'swept', #due, rearmed, unreadable}
