-- settle: close an open generation once. What it did not cost goes back, its event is written, whoever waits is woken,
-- and the account's next waiting generation takes its place on the queue.
-- ARGV: id, state ('completed' | 'failed'), cost (micro-USD), outcome, guard ('' | 'unsubmitted')
-- Keys: gw:generation:<id> gw:account:<id> gw:ledger:<account> gw:active:<account>:<provider>
-- Keys: gw:backlog:<account>:<provider> gw:plan:<name> gw:open gw:wake:<gateway> arq:queue:<provider>
-- Returns {'settled', refund} | {'already', state} | {'submitted', state} | {'missing'}
--@include now
--@include queue
--@include events
local id, state, cost, outcome, guard = unpack(ARGV)
cost = tonumber(cost)
local generation = 'gw:generation:' .. id
local account, provider, was, reserved, waiters =
  unpack(redis.call('HMGET', generation, 'account', 'provider', 'state', 'reserved', 'waiters'))
if not account then return {'missing'} end
if was == 'completed' or was == 'failed' then return {'already', was} end
if guard == 'unsubmitted' and was ~= 'backlog' and was ~= 'queued' then return {'submitted', was} end
assert(state == 'completed' or state == 'failed', 'a generation ends completed or failed')
assert(cost >= 0 and cost <= tonumber(reserved), 'cost outside the reservation')

local refund = reserved - cost
redis.call('HSET', generation, 'state', state, 'cost', cost, 'closed_ms', now, 'outcome', outcome)
redis.call('HDEL', generation, 'waiters', 'intent', 'intent_ms')
if refund > 0 then redis.call('HINCRBY', 'gw:account:' .. account, 'spent', -refund) end
if tonumber(reserved) > 0 then
  redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f settle %.0f %s', now, refund, id))
end
redis.call('ZREM', 'gw:open', id)

local queue = 'arq:queue:' .. provider
local backlog, active = 'gw:backlog:' .. account .. ':' .. provider, 'gw:active:' .. account .. ':' .. provider
if was == 'backlog' then redis.call('LREM', backlog, 1, id) else dequeue(queue, id) end
redis.call('SREM', active, id)
local plan = redis.call('HGET', 'gw:account:' .. account, 'plan')
local concurrency = tonumber(redis.call('HGET', 'gw:plan:' .. plan, 'concurrency') or 1)
while redis.call('SCARD', active) < concurrency do
  local next = redis.call('LPOP', backlog)
  if not next then break end
  redis.call('HSET', 'gw:generation:' .. next, 'state', 'queued')
  redis.call('SADD', active, next)
  enqueue(queue, next, 'run', now)
end

emit(account, 'evt_' .. id, 'generation.' .. state, id, now)
for gateway in string.gmatch(waiters or '', '%S+') do redis.call('PUBLISH', 'gw:wake:' .. gateway, id) end
return {'settled', refund}
