-- settle: end an open generation once. Refund the rest of its reservation, write its event, wake the gateways that wait,
-- and enqueue the next generation of the backlog.
-- ARGV: id, state ('completed' | 'failed'), cost (micro-USD), outcome, guard ('' | 'unsubmitted' | 'uncertain'),
--       keep_ms, late_ms, expected, reported (the provider's cost for us, micro-USD, or '' if unknown),
--       kind (to measure the provider's speed, or '')
-- A failed generation that a provider has is polled after late_ms, because the provider may still finish it.
-- Keys: gw:generation:<id> gw:backlogs:<account>:<provider> gw:waiting:<provider> gw:late gw:open gw:uncertain
-- Keys: gw:doubts gw:wake:<gateway>
-- Returns {'settled', refund} | {'already', state} | {'submitted', state} | {'missing'}
--@include now
--@include queue
--@include feed
--@include admit
--@include admit_next
--@include payment
--@include events
--@include costs
--@include measure
--@include inputs
--@include records
--@include budget
local id, state, cost, outcome, guard, keep_ms, late_ms, expected, reported, kind = unpack(ARGV)
local generation, cost = 'gw:generation:' .. id, tonumber(cost)
local account, provider, was, reserved, waiters, ref, asked_ms, budgets, spec, uploads, quota, watched, hook = unpack(redis.call('HMGET',
  generation, 'account', 'provider', 'state', 'reserved', 'waiters', 'ref', 'intent_ms', 'budgets', 'spec', 'uploads', 'quota_day', 'watched', 'hook'))
if not account then return {'missing'} end
if was == 'completed' or was == 'failed' then return {'already', was} end
if guard == 'unsubmitted' and was ~= 'backlog' and was ~= 'queued' then return {'submitted', was} end
if guard == 'uncertain' and was ~= 'uncertain' then return {'submitted', was} end
assert(state == 'completed' or state == 'failed', 'a generation ends completed or failed')
assert(cost >= 0 and cost <= tonumber(reserved), 'cost outside the reservation')
local refund = reserved - cost
redis.call('HSET', generation, 'state', state, 'cost', cost, 'closed_ms', now, 'outcome', outcome)
drop_inputs(generation, spec, uploads)
redis.call('HDEL', generation, 'waiters', 'intent', 'uploads', 'hold_ms', 'hook')
if not note_record('generation:' .. id) then redis.call('PEXPIRE', generation, keep_ms) end
if state == 'failed' and ref and late_ms ~= '' then redis.call('ZADD', 'gw:late', now + late_ms, id) end
return_payment(account, id, refund, reserved, quota, state == 'failed', now)
if budgets and refund > 0 then return_budgets(budgets, refund) end
redis.call('ZREM', 'gw:open', id)
if state == 'completed' or expected ~= '' or reported ~= '' then book_cost(provider, now, expected, reported) end
if state == 'completed' and asked_ms and kind ~= '' then measure_time(provider, kind, now - asked_ms) end
if state == 'completed' and ref then measure_call(provider, 'calls_due') end
if state == 'failed' and was == 'uncertain' then note_cost(provider, now, {uncertain = 1}) end
if was == 'uncertain' then
  redis.call('ZREM', 'gw:uncertain', id)
  if state == 'failed' and guard == '' then redis.call('ZADD', 'gw:doubts', now, id) end
  redis.call('ZREMRANGEBYRANK', 'gw:doubts', 0, -1001)
end
if was == 'backlog' then
  redis.call('ZREM', 'gw:backlogs:' .. account .. ':' .. provider, id)
  redis.call('ZREM', 'gw:waiting:' .. provider, id)
else
  free_slot(account, provider, id)
end
admit_next(account, provider, now)
append_event(account, watched, id, state)
emit_end(account, id, state, hook, now)
for gateway in string.gmatch(waiters or '', '%S+') do redis.call('PUBLISH', 'gw:wake:' .. gateway, id) end
return {'settled', refund}
