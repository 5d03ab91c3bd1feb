-- rotate_key: create a key with the name, limits and budgets of another one, which expires after an overlap.
-- ARGV: account, key_id, new_id, new_hash, hint, overlap_ms, active_max, by (the caller's key hash | 'operator')
-- Keys: gw:keys:<account> gw:key:<hash> gw:limited-key:<hash>
-- Returns {'rotated', created_ms} | {'too_many', active} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
--@include account_keys
local account, key_id, new_id, new_hash, hint, overlap_ms, active_max, by = unpack(ARGV)
local known = redis.call('HGET', 'gw:keys:' .. account, new_id)
if known then return {'rotated', tonumber(string.match(known, '^%S+ %S+ (%d+)'))} end
local active = count_keys(account, now)
local line = redis.call('HGET', 'gw:keys:' .. account, key_id)
if not line then return {'missing'} end
if active >= tonumber(active_max) then return {'too_many', active} end
by = actor_of(account, by)
local old = 'gw:limited-key:' .. hash_of(line)
local limits = redis.call('HGETALL', old)
write_limits(account, new_id, new_hash, limits)
if #limits > 0 then redis.call('HSET', 'gw:limited-key:' .. new_hash, 'id', new_id) end
local kind, name = string.match(line, '^%S+ (%S+) %S+ %S+ ?(.*)$')
local new_line = string.format('%s %s %.0f %s', new_hash, kind, now, name_after(hint, name))
redis.call('HSET', 'gw:keys:' .. account, new_id, new_line)
note_record(string.format('key:%s %s 0 %s', account, new_id, new_line), FACTS_MAX)

local ends = math.min(now + overlap_ms, tonumber(redis.call('HGET', old, 'expires_ms') or math.huge))
redis.call('DEL', 'gw:key:' .. hash_of(line))
redis.call('HSET', old, 'account', account, 'id', key_id, 'expires_ms', string.format('%.0f', ends))
note_security(account, 'key.rotated', key_id, hint_of(line), by, now)
return {'rotated', now}
