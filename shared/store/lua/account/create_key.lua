-- create_key: create an API key of an account, up to the limit of active keys.
-- ARGV: account, key_id, key_hash, kind, hint, active_max, by (the caller's key hash | 'operator'), name,
--       caps (of a budget of its own, as `<day> <month> <total>`, or ''), then the names and values of its limits
-- Keys: gw:account:<id> gw:keys:<account>
-- Returns {'created', created_ms} | {'too_many', active} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
--@include account_keys
--@include budget_caps
local account, key_id, key_hash, kind, hint, active_max, by, name, caps = unpack(ARGV)
if redis.call('EXISTS', 'gw:account:' .. account) == 0 then return {'missing'} end
local line = redis.call('HGET', 'gw:keys:' .. account, key_id)
if line then return {'created', tonumber(string.match(line, '^%S+ %S+ (%d+)'))} end
local active = count_keys(account, now)
if active >= tonumber(active_max) then return {'too_many', active} end
by = actor_of(account, by)
write_limits(account, key_id, key_hash, {unpack(ARGV, 10)})
if caps ~= '' then write_budget(key_id, caps, true) end
line = string.format('%s %s %.0f %s', key_hash, kind, now, name_after(hint, name))
redis.call('HSET', 'gw:keys:' .. account, key_id, line)
note_record(string.format('key:%s %s 0 %s', account, key_id, line), FACTS_MAX)
note_security(account, 'key.created', key_id, hint, by, now)
return {'created', now}
