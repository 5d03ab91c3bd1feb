-- accept: charge an account and queue its generation, all or nothing, once per id and once per Idempotency-Key.
-- ARGV: id, key_hash, queue_ms, replay_key, body_hash, waiter, payer ('balance' | 'quota'),
--       guest (the account of a caller without a key, or ''), then for each route, in the order of preference:
--       provider, target, price (micro-USD), spec, run_ms. The first available route is chosen, else the first paused one.
-- Keys: gw:key:<hash> gw:account:<id> gw:plan:<name> gw:replay:<account>:<key> gw:generation:<id> gw:open
-- Keys: gw:generations:<account> gw:active:<account>:<provider> gw:backlog:<account>:<provider> gw:turns:<provider>
-- Returns {'accepted', account, created_ms, balance, route (its number; 0: it has been rerouted), reserved}
-- Returns {'replayed', account, id} | {'reused'} | {'unknown_key'} | {'unknown_plan', plan} | {'insufficient', balance, price}
-- Returns {'quota', limit, used} | {'backlog_full', waiting} | {'down', retry_after_ms}
--@include now
--@include queue
--@include admit
--@include payment
--@include events
--@include low
--@include route
--@include breaker
local FIRST, LOOK_AFTER_MS, REPLAY_MS = 9, 30000, 86400000
local id, key_hash, queue_ms, replay_key, body_hash, waiter, payer, guest = unpack(ARGV)
local account = guest ~= '' and guest or redis.call('GET', 'gw:key:' .. key_hash)
if not account then return {'unknown_key'} end
local plan, topup, spent = unpack(redis.call('HMGET', 'gw:account:' .. account, 'plan', 'topup', 'spent'))
local balance = (topup or 0) - (spent or 0)

-- The gateway sends the same id again after a lost reply.
local generation = 'gw:generation:' .. id
local created, known, reserved = unpack(redis.call('HMGET', generation, 'created_ms', 'spec', 'reserved'))
if created then return {'accepted', account, tonumber(created), balance, route_number(known, FIRST), tonumber(reserved)} end
local replay = 'gw:replay:' .. account .. ':' .. replay_key
local seen = replay_key ~= '' and redis.call('GET', replay)
if seen then
  if string.sub(seen, 1, #body_hash) ~= body_hash then return {'reused'} end
  return {'replayed', account, string.sub(seen, #body_hash + 2)}
end
local concurrency, backlog_max, quota, beyond =
  unpack(redis.call('HMGET', 'gw:plan:' .. (plan or 'guest'), 'concurrency', 'backlog_max', 'daily_quota', 'beyond'))
if not concurrency then return {'unknown_plan', plan or 'guest'} end
local at, soonest = first_available(FIRST, 5, true, now)
local provider, target, price, spec, run_ms = unpack(ARGV, at or FIRST, (at or FIRST) + 4)
price = tonumber(price)
local source, refusal = payment_source(payer, account, price, balance, quota, beyond, now)
if not source then return refusal end
if not at then return {'down', soonest} end
local waiting = redis.call('LLEN', 'gw:backlog:' .. account .. ':' .. provider)
local waits = waiting > 0 or redis.call('SCARD', 'gw:active:' .. account .. ':' .. provider) >= tonumber(concurrency)
  or not has_free_slot(provider) or redis.call('EXISTS', 'gw:turns:' .. provider) == 1
if waits and waiting >= tonumber(backlog_max) then return {'backlog_full', waiting} end

reserved = reserve_payment(source, account, price, id, now)
redis.call('HSET', generation, 'account', account, 'provider', provider, 'target', target,
  'state', waits and 'backlog' or 'queued', 'reserved', reserved, 'created_ms', now,
  'deadline_ms', now + queue_ms, 'run_ms', run_ms, 'spec', spec)
if waiter ~= '' then redis.call('HSET', generation, 'waiters', waiter) end
if guest == '' then redis.call('LPUSH', 'gw:generations:' .. account, id) end
redis.call('ZADD', 'gw:open', now + LOOK_AFTER_MS, id)
if replay_key ~= '' then redis.call('SET', replay, body_hash .. ' ' .. id, 'PX', REPLAY_MS) end
if waits then push_to_backlog(account, provider, id, now) else take_slot(account, provider, id, now) end
if waits then join_round_robin(account, provider) admit(provider, now) end
warn_if_low(account, balance, balance - reserved, id, now)
return {'accepted', account, now, balance - reserved, (at - FIRST) / 5 + 1, reserved}
