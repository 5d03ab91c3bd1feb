-- revoke_key: revoke an API key, effective at once.
-- ARGV: account, key_id, by (the caller's key hash | 'operator')
-- Keys: gw:keys:<account>
-- Returns {'revoked'} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
--@include account_keys
local account, key_id, by = unpack(ARGV)
local line = redis.call('HGET', 'gw:keys:' .. account, key_id)
if not line then return {'missing'} end
by = actor_of(account, by)
remove_key(account, key_id, line, now)
note_security(account, 'key.revoked', key_id, hint_of(line), by, now)
return {'revoked'}
