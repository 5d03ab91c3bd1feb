-- accept: charge an account and queue its generation, all or nothing, once per id and once per Idempotency-Key.
-- ARGV: id, key_hash, price (micro-USD), provider, spec, queue_ms, run_ms, replay_key, body_hash, waiter
-- Keys: gw:key:<hash> gw:account:<id> gw:plan:<name> gw:replay:<account>:<key> gw:generation:<id>
-- Keys: gw:generations:<account> gw:ledger:<account> gw:active:<account>:<provider>
-- Keys: gw:backlog:<account>:<provider> gw:turns:<provider> gw:provider:<name> gw:open
-- Returns {'accepted', account, created_ms, balance} | {'replayed', account, id} | {'reused'} | {'unknown_key'}
-- Returns {'unknown_plan', plan} | {'insufficient', balance} | {'backlog_full', waiting} | {'down', retry_after_ms}
--@include now
--@include queue
--@include admit
local LOOK_AFTER_MS, REPLAY_MS = 30000, 86400000
local id, key_hash, price, provider, spec, queue_ms, run_ms, replay_key, body_hash, waiter = unpack(ARGV)
price = tonumber(price)
local account = redis.call('GET', 'gw:key:' .. key_hash)
if not account then return {'unknown_key'} end
local record = 'gw:account:' .. account
local plan, topup, spent = unpack(redis.call('HMGET', record, 'plan', 'topup', 'spent'))
local balance = topup - spent

-- The gateway sends the same id again when the store's answer was lost.
local generation = 'gw:generation:' .. id
local created = redis.call('HGET', generation, 'created_ms')
if created then return {'accepted', account, tonumber(created), balance} end

local replay = 'gw:replay:' .. account .. ':' .. replay_key
local seen = replay_key ~= '' and redis.call('GET', replay)
if seen then
  if string.sub(seen, 1, #body_hash) ~= body_hash then return {'reused'} end
  return {'replayed', account, string.sub(seen, #body_hash + 2)}
end

local concurrency, backlog_max = unpack(redis.call('HMGET', 'gw:plan:' .. plan, 'concurrency', 'backlog_max'))
if not concurrency then return {'unknown_plan', plan} end
if balance < price then return {'insufficient', balance} end
local down_until = tonumber(redis.call('HGET', 'gw:provider:' .. provider, 'down_until_ms') or 0)
if down_until > now then return {'down', down_until - now} end
local backlog = 'gw:backlog:' .. account .. ':' .. provider
local waiting = redis.call('LLEN', backlog)
local waits = waiting > 0 or redis.call('SCARD', 'gw:active:' .. account .. ':' .. provider) >= tonumber(concurrency)
  or not has_room(provider) or redis.call('EXISTS', 'gw:turns:' .. provider) == 1
if waits and waiting >= tonumber(backlog_max) then return {'backlog_full', waiting} end

redis.call('HSET', generation, 'account', account, 'provider', provider, 'state', waits and 'backlog' or 'queued',
  'reserved', price, 'created_ms', now, 'deadline_ms', now + queue_ms, 'run_ms', run_ms, 'spec', spec)
if waiter ~= '' then redis.call('HSET', generation, 'waiters', waiter) end
redis.call('LPUSH', 'gw:generations:' .. account, id)
redis.call('ZADD', 'gw:open', now + LOOK_AFTER_MS, id)
if price > 0 then
  redis.call('HINCRBY', record, 'spent', price)
  redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f reserve -%.0f %s', now, price, id))
end
if replay_key ~= '' then redis.call('SET', replay, body_hash .. ' ' .. id, 'PX', REPLAY_MS) end
if waits then
  redis.call('RPUSH', backlog, id)
  take_turn(account, provider, now)
  admit(provider, now)
else
  place(account, provider, id, now)
end
return {'accepted', account, now, balance - price}
