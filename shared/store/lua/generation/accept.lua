-- accept: charge an account and queue its generation, all or nothing, once per id and once per Idempotency-Key.
-- ARGV: id, key_hash, queue_ms, replay_key, body_hash, waiter, payer ('balance' | 'quota'),
--       guest (the account of a caller without a key, or ''), bounds (the scopes and limits of part `bounds`),
--       usage (bytes of the request, bytes to store, our cost in micro-USD), uploads (paths that the caller stores after
--       the accept, or ''; until `release` or for HOLD_MS no worker gets the generation), then for each route in the
--       order of preference: provider, target, price (micro-USD), spec, run_ms. The first available route is chosen,
--       else the first paused one.
-- Keys: gw:key:<hash> gw:account:<id> gw:plan:<name> gw:generation:<id> gw:active:<account>:<provider>
-- Keys: gw:backlogs:<account>:<provider> gw:turns:<provider>
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
--@include bounds
--@include order
local FIRST, KEY_CHARS = 12, 16
local id, key_hash, queue_ms, replay_key, body_hash, waiter, payer, guest, bounds, usage, uploads = unpack(ARGV)
local account = guest ~= '' and guest or redis.call('GET', 'gw:key:' .. key_hash)
if not account then return {'unknown_key'} end
local plan, topup, spent, low, told = unpack(redis.call('HMGET', 'gw:account:' .. account,
  'plan', 'topup', 'spent', 'low', 'low_told'))
local balance = (topup or 0) - (spent or 0)

-- The gateway sends the same id again after a lost reply.
local created, known, reserved = unpack(redis.call('HMGET', 'gw:generation:' .. id, 'created_ms', 'spec', 'reserved'))
if created then return {'accepted', account, tonumber(created), balance, route_number(known, FIRST), tonumber(reserved)} end
local replay = find_replay(account, replay_key, body_hash)
if replay then return replay end
local concurrency, backlog_max, quota, beyond, limits = unpack(redis.call('HMGET', 'gw:plan:' .. (plan or 'guest'),
  'concurrency', 'backlog_max', 'daily_quota', 'beyond', 'bounds'))
if not concurrency then return {'unknown_plan', plan or 'guest'} end
local at, soonest = first_available(FIRST, 5, true, now)
local provider, target, price, spec, run_ms = unpack(ARGV, at or FIRST, (at or FIRST) + 4)
price = tonumber(price)
local waiting = redis.call('ZCARD', 'gw:backlogs:' .. account .. ':' .. provider)
local waits = waiting > 0 or redis.call('SCARD', 'gw:active:' .. account .. ':' .. provider) >= tonumber(concurrency)
  or not has_free_slot(provider) or redis.call('EXISTS', 'gw:turns:' .. provider) == 1

local source, refusal = payment_source(payer, account, price, balance, quota, beyond, now)
local scopes, free = read_usage(bounds, account, limits, now), source == 'quota' and 1 or 0
local bytes_in, bytes_stored, cost = string.match(usage, '(%S+) (%S+) (%S+)')
local amounts = {1, free, bytes_in, bytes_stored, cost * free}
refusal = refusal or (not at and {'down', soonest}) or bound_passed(scopes, amounts, now)
if not refusal and waits and waiting >= tonumber(backlog_max) then refusal = {'backlog_full', waiting} end
if refusal then return count_refusal(scopes, bytes_in, refusal) end
count_usage(scopes, amounts)
reserved = reserve_payment(source, account, price, id, now)
write_order(id, account, guest == '', uploads, waiter, now, 'provider', provider, 'target', target, 'spec', spec,
  'state', waits and 'backlog' or 'queued', 'reserved', reserved, 'deadline_ms', now + queue_ms, 'run_ms', run_ms, 'key', string.sub(key_hash, 1, KEY_CHARS))
note_replay(account, replay_key, body_hash, id)
place(account, provider, id, waits, now, uploads ~= '' and now + HOLD_MS or 0)
warn_if_low(account, low, told, balance, balance - reserved, id, now)
return {'accepted', account, now, balance - reserved, (at - FIRST) / 5 + 1, reserved}
