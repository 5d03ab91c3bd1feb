-- held: deliveries that wait for a slot. Each still has its job, which is due at once when the slot is free.
-- Keys: gw:held:<endpoint> gw:held-endpoints:<account> gw:held-slow gw:posts:<endpoint or account> gw:posts-slow
-- Keys: gw:delivery:<id> gw:endpoint:<id> arq:in-progress:<id> arq:retry:<id> arq:queue:webhooks
-- Returns nothing
local WEBHOOKS = 'arq:queue:webhooks'
local HELD_MS, FILL_MAX = 600000, 100  -- a held job tries again after this long in any case

-- Note which limit the endpoint's held deliveries wait for, so that somebody wakes the first of them.
local function wait_for(limit, lane, endpoint, account, now)
  if limit == 'breaker' then
    local first = redis.call('ZRANGE', 'gw:held:' .. endpoint, 0, 0)[1]
    redis.call('ZADD', WEBHOOKS, 'XX', lane.open_until, 'deliver:' .. first)
  elseif limit == 'account' then redis.call('ZADD', 'gw:held-endpoints:' .. account, 'NX', now, endpoint)
  elseif limit == 'slow' then redis.call('ZADD', 'gw:held-slow', 'NX', lane.new and 0 or now, endpoint) end
end

-- Put a delivery's job back without a finish by its worker, which lets go of it.
local function hold(id, limit, lane, endpoint, account, now)
  local job = 'deliver:' .. id
  redis.call('ZADD', 'gw:held:' .. endpoint, 'NX', now, id)
  redis.call('DEL', 'arq:in-progress:' .. job, 'arq:retry:' .. job)
  redis.call('ZREM', WEBHOOKS .. ':leases', job)
  redis.call('ZADD', WEBHOOKS, 'XX', now + HELD_MS, job)
  wait_for(limit, lane, endpoint, account, now)
end

-- Enqueue held deliveries of an endpoint, oldest first, while there are slots for them.
local function fill(endpoint, account, slow_max, now)
  for _ = 1, FILL_MAX do
    if redis.call('EXISTS', 'gw:held:' .. endpoint) == 0 then return end
    local lane = read_lane(endpoint, now)
    local limit = find_limit(lane, endpoint, account, slow_max, now)
    if limit then return wait_for(limit, lane, endpoint, account, now) end
    local id = redis.call('ZPOPMIN', 'gw:held:' .. endpoint)[1]
    if redis.call('HGET', 'gw:delivery:' .. id, 'state') == 'pending' then
      take_slot(id, lane, endpoint, account, now)
      enqueue(WEBHOOKS, 'deliver:' .. id, 'deliver', now)
    end
  end
end

-- Free the slot of a delivery, and let those that wait for it go on.
local function release(id, endpoint, account, slow_max, now)
  redis.call('ZREM', 'gw:held:' .. endpoint, id)
  for _, owner in ipairs({endpoint, account}) do redis.call('ZREM', 'gw:posts:' .. owner, id) end
  redis.call('ZREM', 'gw:posts-slow', id)
  if redis.call('EXISTS', 'gw:held:' .. endpoint, 'gw:held-endpoints:' .. account, 'gw:held-slow') == 0 then return end
  fill(endpoint, account, slow_max, now)
  for _, other in ipairs(redis.call('ZRANGE', 'gw:held-endpoints:' .. account, 0, PER_ACCOUNT - 1)) do
    if has_room('gw:posts:' .. account, PER_ACCOUNT, now) then
      redis.call('ZREM', 'gw:held-endpoints:' .. account, other)
      fill(other, account, slow_max, now)
    end
  end
  for _ = 1, PER_ACCOUNT do
    if redis.call('EXISTS', 'gw:held-slow') == 0 or not has_room('gw:posts-slow', slow_max, now) then break end
    local other = redis.call('ZPOPMIN', 'gw:held-slow')[1]
    fill(other, redis.call('HGET', 'gw:endpoint:' .. other, 'account') or account, slow_max, now)
  end
end
