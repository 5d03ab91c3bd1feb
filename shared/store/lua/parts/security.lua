-- security: record a security event of an account for its owner, and write a webhook event about it.
-- Keys: gw:account:<id> gw:account-events:<account> gw:keys:<account> gw:limited-key:<hash>
-- Returns nothing
local EVENTS_MAX = 1000

-- The id of the account's key with this hash, or of the person whose session has it; an operator stays an operator.
local function actor_of(account, by)
  local lines = redis.call('HGETALL', 'gw:keys:' .. account)
  for at = 1, #lines, 2 do if string.match(lines[at + 1], '^%S+') == by then return lines[at] end end
  return by == 'operator' and by or redis.call('HGET', 'gw:limited-key:' .. by, 'person') or 'unknown'
end

local function note_security(account, type, subject, detail, by, now)
  local number = redis.call('HINCRBY', 'gw:account:' .. account, 'events', 1)
  local events = 'gw:account-events:' .. account
  redis.call('LPUSH', events, cjson.encode({at_ms = now, type = type, subject = subject, detail = detail, by = by}))
  redis.call('LTRIM', events, 0, EVENTS_MAX - 1)
  note_record('account:' .. account, FACTS_MAX)
  emit(account, string.format('evt_sec_%s_%d', account, number), type, now, 'subject', subject, 'detail', detail,
    'by', by)
end
