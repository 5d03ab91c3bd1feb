-- health: since when an endpoint fails. An endpoint that answers Gone, or fails for five days without a success, is
-- disabled, and the account's other endpoints get an event. Two days without a post do not count as failing. The endpoint
-- of orders has no URL of its own, so it never fails.
-- Keys: gw:endpoint:<id> gw:failing
-- Returns nothing, or true if the endpoint was disabled
local FAILING_MAX_MS, SILENT_MAX_MS = 432000000, 172800000

local function note_success(endpoint)
  if redis.call('HDEL', 'gw:endpoint:' .. endpoint, 'failing_ms', 'failed_ms') > 0 then
    redis.call('ZREM', 'gw:failing', endpoint)
  end
end

local function note_failure(account, endpoint, gone, now)
  local key = 'gw:endpoint:' .. endpoint
  local url, disabled, since, last =
    unpack(redis.call('HMGET', key, 'url', 'disabled_ms', 'failing_ms', 'failed_ms'))
  if not url or disabled then return end
  if url == '' then return end
  since = last and now - last < SILENT_MAX_MS and tonumber(since) or now
  redis.call('HSET', key, 'failing_ms', since, 'failed_ms', now)
  redis.call('ZADD', 'gw:failing', since, endpoint)
  if not gone and now - since < FAILING_MAX_MS then return end
  local why = gone and 'the endpoint answered 410 Gone' or 'every attempt failed for five days'
  redis.call('HSET', key, 'disabled_ms', now, 'disabled_why', why)
  local event = string.format('evt_off_%s_%d', endpoint, redis.call('HINCRBY', key, 'times', 1))
  emit(account, event, 'endpoint.disabled', now, 'subject', endpoint, 'url', url, 'reason', why,
    'failing_ms', string.format('%.0f', since))
  return true
end
