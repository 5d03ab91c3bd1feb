-- order: the record of a new generation, and the generation that an Idempotency-Key made before.
-- Keys: gw:generation:<id> gw:generations:<account> gw:open gw:replay:<account>:<key> gw:active:<account>:<provider>
-- Keys: gw:backlogs:<account>:<provider> gw:turns:<provider> gw:endpoints:<account> gw:endpoint:<id>
-- Returns {'replayed', account, id} | {'reused'}
local LOOK_AFTER_MS, REPLAY_MS, HOLD_MS = 30000, 86400000, 60000

local function replay_name(account, replay_key) return 'gw:replay:' .. account .. ':' .. replay_key end

-- The reply to a repeated Idempotency-Key; or nil.
local function find_replay(account, replay_key, body_hash)
  local seen = replay_key ~= '' and redis.call('GET', replay_name(account, replay_key))
  if not seen then return nil end
  if string.sub(seen, 1, #body_hash) ~= body_hash then return {'reused'} end
  return {'replayed', account, string.sub(seen, #body_hash + 2)}
end

local function note_replay(account, replay_key, body_hash, id)
  if replay_key == '' then return end
  redis.call('SET', replay_name(account, replay_key), body_hash .. ' ' .. id, 'PX', REPLAY_MS)
end

-- Note the order's webhook, `<url> <secret>`. The secret is that of the account's endpoint for orders if there is none.
local function note_hook(key, account, hook, now)
  local url, secret = string.match(hook, '^(%S+) (%S+)$')
  local endpoint = 'ep_orders_' .. account
  redis.call('HSET', key, 'hook', url)
  if redis.call('SADD', 'gw:endpoints:' .. account, endpoint) == 0 then return end
  redis.call('HSET', 'gw:endpoint:' .. endpoint, 'account', account, 'url', '', 'secret', secret, 'types', '', 'created_ms', now)
end

-- Write the record; `...` are its further fields, name and value. One with uploads is held until they are stored.
local function write_order(id, account, listed, uploads, waiter, hook, now, ...)
  local key = 'gw:generation:' .. id
  redis.call('HSET', key, 'account', account, 'created_ms', now, ...)
  if waiter ~= '' then redis.call('HSET', key, 'waiters', waiter) end
  if hook ~= '' then note_hook(key, account, hook, now) end
  if uploads ~= '' then redis.call('HSET', key, 'uploads', uploads, 'hold_ms', now + HOLD_MS) end
  if listed then redis.call('LPUSH', 'gw:generations:' .. account, id) end
  redis.call('ZADD', 'gw:open', now + LOOK_AFTER_MS, id)
end

-- Whether a new generation has to wait, and how many of its account wait already.
local function must_wait(account, provider, concurrency, slots)
  local lane = account .. ':' .. provider
  local waits = redis.call('EXISTS', 'gw:backlogs:' .. lane, 'gw:turns:' .. provider) > 0
    or not has_free_slot(provider, slots) or redis.call('SCARD', 'gw:active:' .. lane) >= concurrency
  return waits, waits and redis.call('ZCARD', 'gw:backlogs:' .. lane) or 0
end

-- A new generation waits in its account's backlog, or is on the queue at once.
local function place(account, provider, id, waits, now, due_ms)
  if not waits then return take_slot(account, provider, id, now, due_ms) end
  push_to_backlog(account, provider, id, now)
  join_round_robin(account, provider)
  admit(provider, now)
end
