-- admit: move generations from the backlogs to a provider's queue, account by account, as far as there are slots. An
-- account has as many slots as its plan's concurrency, a provider as many as its own. A generation on the queue holds a
-- slot; a late poll is on the queue too, and holds none.
-- Keys: gw:account:<id> gw:plan:<name> gw:provider:<name> gw:active:<account>:<provider> gw:busy:<provider>
-- Keys: gw:backlogs:<account>:<provider> gw:waiting:<provider> gw:turns:<provider> gw:generation:<id> arq:queue:<provider>
-- Returns nothing
local function concurrency_of(account)
  local plan = redis.call('HGET', 'gw:account:' .. account, 'plan')
  return tonumber(redis.call('HGET', 'gw:plan:' .. (plan or 'guest'), 'concurrency') or 1)
end

-- `limit` is the number of the provider's slots, false if they are not limited; nil: read it.
local function has_free_slot(provider, limit)
  if limit == nil then limit = redis.call('HGET', 'gw:provider:' .. provider, 'concurrency') end
  return not limit or redis.call('SCARD', 'gw:busy:' .. provider) < tonumber(limit)
end

local function take_slot(account, provider, id, now, due_ms)
  redis.call('SADD', 'gw:active:' .. account .. ':' .. provider, id)
  redis.call('SADD', 'gw:busy:' .. provider, id)
  enqueue('arq:queue:' .. provider, id, 'run', now, due_ms)
end

local function free_slot(account, provider, id)
  dequeue('arq:queue:' .. provider, id)
  redis.call('SREM', 'gw:active:' .. account .. ':' .. provider, id)
  redis.call('SREM', 'gw:busy:' .. provider, id)
end

-- Behind all others, even if the server's clock was set back.
local function push_to_backlog(account, provider, id, now)
  local backlog = 'gw:backlogs:' .. account .. ':' .. provider
  local last = tonumber(redis.call('ZREVRANGE', backlog, 0, 0, 'WITHSCORES')[2] or 0)
  redis.call('ZADD', backlog, string.format('%.0f', math.max(now_us, last + 1)), id)
  redis.call('ZADD', 'gw:waiting:' .. provider, now, id)
end

-- An account is in the provider's round-robin while it has backlog and a free slot.
local function join_round_robin(account, provider)
  local has_backlog = redis.call('EXISTS', 'gw:backlogs:' .. account .. ':' .. provider) == 1
  if has_backlog and redis.call('SCARD', 'gw:active:' .. account .. ':' .. provider) < concurrency_of(account) then
    redis.call('ZADD', 'gw:turns:' .. provider, 'NX', now_us, account)
  end
end

local function admit(provider, now)
  while has_free_slot(provider) do
    local account = redis.call('ZPOPMIN', 'gw:turns:' .. provider)[1]
    if not account then return end
    local id = redis.call('ZPOPMIN', 'gw:backlogs:' .. account .. ':' .. provider)[1]
    if id then redis.call('ZREM', 'gw:waiting:' .. provider, id) end
    local state, hold_ms, watched = unpack(redis.call('HMGET', 'gw:generation:' .. (id or ''), 'state', 'hold_ms', 'watched'))
    if state == 'backlog' then
      redis.call('HSET', 'gw:generation:' .. id, 'state', 'queued', 'queued_ms', now)
      take_slot(account, provider, id, now, tonumber(hold_ms or 0))
      append_event(account, watched, id, 'queued')
    end
    join_round_robin(account, provider)
  end
end
