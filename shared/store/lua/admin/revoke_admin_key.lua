-- revoke_admin_key: revoke an operator's API key, effective at once.
-- ARGV: key_id
-- Keys: gw:admin-keys gw:admin-key:<hash>
-- Returns {'revoked'} | {'missing'}
local line = redis.call('HGET', 'gw:admin-keys', ARGV[1])
if not line then return {'missing'} end
redis.call('DEL', 'gw:admin-key:' .. string.match(line, '^%S+'))
redis.call('HDEL', 'gw:admin-keys', ARGV[1])
return {'revoked'}
