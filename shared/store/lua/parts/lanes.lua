-- lanes: slots for posts to endpoints, so that no endpoint or account delays the others: a few for each endpoint and
-- account, more for fast endpoints, and a share of all for slow ones. A breaker stops posts to a silent endpoint.
-- Keys: gw:endpoint:<id> gw:posts:<endpoint or account> gw:posts-slow
-- Returns nothing
local PER_ENDPOINT, PER_FAST_ENDPOINT, PER_ACCOUNT, FAST_TO_MS, SLOW_FROM_MS = 4, 16, 24, 250, 1000
local SILENT_MAX, OPEN_MS, OPEN_MAX_MS, SMOOTH, SLOT_MS = 5, 30000, 300000, 0.25, 60000  -- a slot lapses after SLOT_MS

-- The lane of an endpoint. A deleted or disabled one has no limits, because nothing is posted to it.
local function read_lane(endpoint, now)
  local url, disabled, took, silent, open_until =
    unpack(redis.call('HMGET', 'gw:endpoint:' .. endpoint, 'url', 'disabled_ms', 'took_ms', 'silent', 'open_until_ms'))
  if not url or disabled then return {free = true} end
  silent = tonumber(silent or 0)
  local proven = took and silent == 0
  local open = silent >= SILENT_MAX and now < tonumber(open_until or 0)
  local posts = proven and (tonumber(took) <= FAST_TO_MS and PER_FAST_ENDPOINT or PER_ENDPOINT) or 1
  return {posts = open and 0 or posts, open_until = open and tonumber(open_until), new = not took,
    slow = not proven or tonumber(took) > SLOW_FROM_MS}
end

local function has_room(set, limit, now)
  if redis.call('ZCARD', set) < limit then return true end
  return redis.call('ZREMRANGEBYSCORE', set, '-inf', now) > 0 and redis.call('ZCARD', set) < limit
end

-- The limit that stops a further post to an endpoint: 'breaker', 'endpoint', 'account', 'slow' or nil.
local function find_limit(lane, endpoint, account, slow_max, now)
  if lane.free then return nil end
  if lane.posts == 0 then return 'breaker' end
  if not has_room('gw:posts:' .. endpoint, lane.posts, now) then return 'endpoint' end
  if not has_room('gw:posts:' .. account, PER_ACCOUNT, now) then return 'account' end
  if lane.slow and not has_room('gw:posts-slow', slow_max, now) then return 'slow' end
end

local function take_slot(id, lane, endpoint, account, now, had)
  if lane.free then return end
  for _, set in ipairs({'gw:posts:' .. endpoint, 'gw:posts:' .. account, lane.slow and 'gw:posts-slow' or nil}) do
    redis.call('ZADD', set, had and 'XX' or 'CH', now + SLOT_MS, id)  -- a slot that it had is only renewed
    redis.call('PEXPIRE', set, SLOT_MS)
  end
end

local function has_slot(id, endpoint, now)
  return tonumber(redis.call('ZSCORE', 'gw:posts:' .. endpoint, id) or 0) > now
end

-- Note how long an endpoint took. After SILENT_MAX posts in a row without an answer its breaker opens, until a probe is
-- answered. Return true if it opened.
local function note_post(endpoint, took_ms, silent, now)
  local key = 'gw:endpoint:' .. endpoint
  local url, took, before = unpack(redis.call('HMGET', key, 'url', 'took_ms', 'silent'))
  if not url then return end
  local mean = took and took + SMOOTH * (took_ms - took) or took_ms
  local count = silent and url ~= '' and (before or 0) + 1 or 0  -- without a URL of its own it has no breaker
  redis.call('HSET', key, 'took_ms', string.format('%.0f', mean), 'silent', count)
  if count < SILENT_MAX then return end
  local open_ms = math.min(OPEN_MS * 2 ^ math.min(count - SILENT_MAX, 10), OPEN_MAX_MS)
  redis.call('HSET', key, 'open_until_ms', string.format('%.0f', now + open_ms))
  return count == SILENT_MAX
end
