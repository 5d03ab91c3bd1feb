-- account_keys: the API keys of an account, as lines `<sha256> <kind> <created_ms> <hint> <name>`. A key without limits is
-- a string with the account; one with limits is a record, which allows what each of its fields allows.
-- Keys: gw:keys:<account> gw:key:<hash> gw:limited-key:<hash> gw:keys-used:<account> gw:budget:<id>
-- Returns nothing
local USED_CHARS = 16

local function hash_of(line) return string.match(line, '^%S+') end

local function hint_of(line) return string.match(line, '^%S+ %S+ %S+ (%S+)') end

local function name_after(text, name) return name == '' and text or text .. ' ' .. name end

-- Write what a key may do; `fields` are the names and values of its limits, with an empty value for none.
local function write_limits(account, key_id, key_hash, fields)
  local record, kept = 'gw:limited-key:' .. key_hash, {}
  for at = 1, #fields, 2 do
    if fields[at + 1] ~= '' then
      kept[#kept + 1], kept[#kept + 2] = fields[at], fields[at + 1]
    end
  end
  redis.call('DEL', 'gw:key:' .. key_hash, record)
  if #kept == 0 then redis.call('SET', 'gw:key:' .. key_hash, account)
  else redis.call('HSET', record, 'account', account, 'id', key_id, unpack(kept)) end
end

local function budgets_of(key_hash)
  local budget, above = unpack(redis.call('HMGET', 'gw:limited-key:' .. key_hash, 'budget', 'above'))
  return (budget or '') .. ' ' .. (above or '')
end

-- Forget a key. A budget goes with the last key that it counts.
local function remove_key(account, key_id, line, now)
  local key_hash, left = hash_of(line), ' '
  local budgets = budgets_of(key_hash)
  redis.call('DEL', 'gw:key:' .. key_hash, 'gw:limited-key:' .. key_hash)
  redis.call('HDEL', 'gw:keys:' .. account, key_id)
  redis.call('HDEL', 'gw:keys-used:' .. account, string.sub(key_hash, 1, USED_CHARS))
  for _, other in ipairs(budgets == ' ' and {} or redis.call('HVALS', 'gw:keys:' .. account)) do
    left = left .. budgets_of(hash_of(other)) .. ' '
  end
  for id in string.gmatch(budgets, '%S+') do
    if not string.find(left, ' ' .. id .. ' ', 1, true) then redis.call('DEL', 'gw:budget:' .. id) end
  end
  note_record(string.format('key:%s %s %.0f %s', account, key_id, now, line), FACTS_MAX)
end

-- How many keys the account has, without those that have expired, which it forgets.
local function count_keys(account, now)
  local lines, active = redis.call('HGETALL', 'gw:keys:' .. account), 0
  for at = 1, #lines, 2 do
    local expires = redis.call('HGET', 'gw:limited-key:' .. hash_of(lines[at + 1]), 'expires_ms')
    if expires and tonumber(expires) <= now then remove_key(account, lines[at], lines[at + 1], now)
    else active = active + 1 end
  end
  return active
end
