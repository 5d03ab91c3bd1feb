-- revoke_key: revoke an API key, effective at once.
-- ARGV: account, key_id
-- Keys: gw:keys:<account> gw:key:<hash>
-- Returns {'revoked'} | {'missing'}
local account, key_id = unpack(ARGV)
local line = redis.call('HGET', 'gw:keys:' .. account, key_id)
if not line then return {'missing'} end
redis.call('DEL', 'gw:key:' .. string.match(line, '^%S+'))
redis.call('HDEL', 'gw:keys:' .. account, key_id)
return {'revoked'}
