-- feed: append an event to an account's feed, and wake the gateways that have readers. Only a watched generation does so.
-- Keys: gw:feed:<account> gw:feeds gw:generation:<id>
-- Returns nothing
local FEED_LENGTH_MAX, FEED_KEEP_MS = 10000, 3600000

local function append_event(account, watched, id, type, ...)
  if not watched then return end
  local feed = 'gw:feed:' .. account
  redis.call('XADD', feed, 'MAXLEN', '~', FEED_LENGTH_MAX, '*', 'type', type, 'id', id, ...)
  redis.call('PEXPIRE', feed, FEED_KEEP_MS)
  redis.call('PUBLISH', 'gw:feeds', account)
end

-- From now on the changes of a generation are written, beginning with its state.
local function watch(account, id, state)
  redis.call('HSET', 'gw:generation:' .. id, 'watched', 1)
  append_event(account, 1, id, state)
end
