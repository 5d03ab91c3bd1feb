-- sweep: check open generations whose check is due. Enqueue those without a job again, and return those past their
-- deadline (they are checked again until they are settled). Safe to run from many processes.
-- ARGV: count
-- Keys: gw:open gw:generation:<id> gw:backlogs:<account>:<provider> gw:waiting:<provider> arq:queue:<provider>
-- Keys: arq:job:<id>
-- Returns {'swept', checked, [requeued id ...], [overdue id ...], [id of an unreadable record ...]}
--@include now
--@include queue
--@include feed
--@include admit
local CHECK_AFTER_MS, AGAIN_MS, UNREADABLE_AFTER_MS = 15000, 5000, 60000
local requeued, overdue, unreadable = {}, {}, {}

local function is_queued(id, account, provider, state)
  if state == 'backlog' then return redis.call('ZSCORE', 'gw:backlogs:' .. account .. ':' .. provider, id) end
  return redis.call('ZSCORE', 'arq:queue:' .. provider, id) and redis.call('EXISTS', 'arq:job:' .. id) == 1
end

local function inspect(id)
  local account, provider, state, deadline, hold_ms =
    unpack(redis.call('HMGET', 'gw:generation:' .. id, 'account', 'provider', 'state', 'deadline_ms', 'hold_ms'))
  if not state or state == 'completed' or state == 'failed' then
    redis.call('ZREM', 'gw:open', id)
  elseif now >= tonumber(deadline) then
    overdue[#overdue + 1] = id
    redis.call('ZADD', 'gw:open', now + AGAIN_MS, id)
  else
    if not is_queued(id, account, provider, state) then
      if state == 'backlog' then
        redis.call('HSET', 'gw:generation:' .. id, 'state', 'queued')
        redis.call('ZREM', 'gw:waiting:' .. provider, id)
      end
      take_slot(account, provider, id, now, tonumber(hold_ms or 0))
      requeued[#requeued + 1] = id
    elseif state == 'backlog' then
      redis.call('ZADD', 'gw:waiting:' .. provider, 'NX', now, id)
    end
    if state == 'backlog' then join_round_robin(account, provider) admit(provider, now) end
    redis.call('ZADD', 'gw:open', math.min(now + CHECK_AFTER_MS, tonumber(deadline)), id)
  end
end

local due = redis.call('ZRANGEBYSCORE', 'gw:open', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  if not pcall(inspect, id) then
    unreadable[#unreadable + 1] = id
    redis.call('ZADD', 'gw:open', now + UNREADABLE_AFTER_MS, id)
  end
end
return {'swept', #due, requeued, overdue, unreadable}
