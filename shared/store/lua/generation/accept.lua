-- accept: charge an account and queue its generation, all or nothing, once per id and once per Idempotency-Key.
-- ARGV: id, key_hash, queue_ms, replay_key, body_hash, waiter, payer ('balance' | 'quota'),
--       guest (the account of a caller without a key, or ''), bounds (the scopes and limits of part `bounds`),
--       usage (bytes of the request, bytes to store, our cost in micro-USD), uploads (paths that the caller stores after
--       the accept, or ''; until `release` or for HOLD_MS no worker gets the generation), address (the caller's, as 128
--       binary digits), until_ms (the caller stops waiting then, or ''), hook (the order's webhook: see part `order`, or ''), then for
--       each route in the order of preference: provider, target, price (micro-USD), spec, run_ms. The first available route is chosen, else the first paused one.
-- Keys: gw:account:<id> gw:plan:<name> gw:generation:<id>
-- Returns {'accepted', account, created_ms, balance, route (its number; 0: it has been rerouted), reserved}
-- Returns {'replayed', account, id} | {'reused'} | {'unknown_plan', plan} | {'insufficient', balance, price}
-- Returns {'quota', limit, used} | {'backlog_full', waiting} | {'down', retry_after_ms} | {'suspended'} | {'late'}
--@include now
--@include queue
--@include feed
--@include admit
--@include payment
--@include events
--@include low
--@include route
--@include breaker
--@include bounds
--@include order
--@include key_limits
--@include budget
local FIRST, KEY_CHARS = 15, 16
local id, key_hash, queue_ms, replay_key, body_hash, waiter, payer, guest, bounds, usage, uploads, address, until_ms, hook = unpack(ARGV)
local account, budgets, forbidden = find_account(guest, key_hash, address, FIRST, now)
if not account then return forbidden end
local plan, topup, spent, low, told, capped, state, watched_ms = unpack(redis.call('HMGET', 'gw:account:' .. account,
  'plan', 'topup', 'spent', 'low', 'low_told', 'capped', 'state', 'watched_ms'))
local balance = (topup or 0) - (spent or 0)
-- The gateway sends the same id again after a lost reply.
local created, known, reserved = unpack(redis.call('HMGET', 'gw:generation:' .. id, 'created_ms', 'spec', 'reserved'))
if created then return {'accepted', account, tonumber(created), balance, route_number(known, FIRST), tonumber(reserved)} end
local replay = forbidden or find_replay(account, replay_key, body_hash)
if replay then return replay end
if now > (tonumber(until_ms) or now) then return {'late'} end  -- the network held it back, and its caller got 503
local concurrency, backlog_max, quota, beyond, limits = unpack(redis.call('HMGET', 'gw:plan:' .. (plan or 'guest'),
  'concurrency', 'backlog_max', 'daily_quota', 'beyond', 'bounds'))
if not concurrency then return {'unknown_plan', plan or 'guest'} end
local at, soonest, slots = first_available(FIRST, 5, true, now)
local provider, target, price, spec, run_ms = unpack(ARGV, at or FIRST, (at or FIRST) + 4)
price = tonumber(price)
local waits, waiting = must_wait(account, provider, tonumber(concurrency), slots)
local source, refusal = payment_source(payer, account, price, balance, quota, beyond, now)
local counted, over = read_budgets(budgets, capped and account, source == 'balance' and price or 0, now)
local scopes, amounts = read_usage(bounds, account, limits, now), amounts_of(usage, source == 'quota' and 1 or 0)
refusal = (state and {'suspended'}) or refusal or over or (not at and {'down', soonest}) or bound_passed(scopes, amounts, now)
  or (waits and waiting >= tonumber(backlog_max) and {'backlog_full', waiting})
if refusal then return count_refusal(scopes, amounts, refusal) end
count_usage(scopes, amounts)
reserved = reserve_payment(source, account, price, id, now)
count_budgets(id, counted, reserved)
write_order(id, account, guest == '', uploads, waiter, hook, now, 'provider', provider, 'target', target, 'spec', spec,
  'state', waits and 'backlog' or 'queued', 'reserved', reserved, 'deadline_ms', now + queue_ms, 'run_ms', run_ms, 'key', string.sub(key_hash, 1, KEY_CHARS))
if tonumber(watched_ms or 0) > now then watch(account, id, waits and 'backlog' or 'queued') end
note_replay(account, replay_key, body_hash, id)
place(account, provider, id, waits, now, uploads ~= '' and now + HOLD_MS or 0)
warn_if_low(account, low, told, balance, balance - reserved, id, now)
return {'accepted', account, now, balance - reserved, (at - FIRST) / 5 + 1, reserved}
