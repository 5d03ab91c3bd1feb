-- change_key: change the name and the limits of an API key, effective at once.
-- ARGV: account, key_id, by (the caller's key hash | 'operator'), name, budget (the one of its own, or ''), caps (of that
--       budget, as `<day> <month> <total>`), fresh ('1': the budget counts from zero), then the names and values of all its limits
-- Keys: gw:keys:<account>
-- Returns {'changed'} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
--@include account_keys
--@include budget_caps
local account, key_id, by, name, budget, caps, fresh = unpack(ARGV)
local line = redis.call('HGET', 'gw:keys:' .. account, key_id)
if not line then return {'missing'} end
by = actor_of(account, by)
write_limits(account, key_id, hash_of(line), {unpack(ARGV, 8)})
if budget ~= '' then write_budget(budget, caps, fresh == '1') end
line = name_after(string.match(line, '^%S+ %S+ %S+ %S+'), name)
redis.call('HSET', 'gw:keys:' .. account, key_id, line)
note_record(string.format('key:%s %s 0 %s', account, key_id, line), FACTS_MAX)
note_security(account, 'key.changed', key_id, hint_of(line), by, now)
return {'changed'}
