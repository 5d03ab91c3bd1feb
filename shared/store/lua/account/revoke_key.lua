-- revoke_key: revoke an API key, effective at once.
-- ARGV: account, key_id, by (the caller's key hash | 'operator')
-- Keys: gw:keys:<account> gw:key:<hash>
-- Returns {'revoked'} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
local account, key_id, by = unpack(ARGV)
local line = redis.call('HGET', 'gw:keys:' .. account, key_id)
if not line then return {'missing'} end
by = actor_of(account, by)
redis.call('DEL', 'gw:key:' .. string.match(line, '^%S+'))
redis.call('HDEL', 'gw:keys:' .. account, key_id)
note_record(string.format('key:%s %s %.0f %s', account, key_id, now, line), FACTS_MAX)
note_security(account, 'key.revoked', key_id, string.match(line, '%S+$'), by, now)
return {'revoked'}
