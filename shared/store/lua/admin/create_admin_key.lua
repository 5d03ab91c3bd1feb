-- create_admin_key: create an operator's API key, up to the limit of active keys.
-- ARGV: key_id, key_hash, name, hint, active_max, role
-- Keys: gw:admin-keys gw:admin-key:<hash>
-- Returns {'created', created_ms} | {'too_many', active}
--@include now
local key_id, key_hash, name, hint, active_max, role = unpack(ARGV)
local line = redis.call('HGET', 'gw:admin-keys', key_id)
if line then return {'created', tonumber(string.match(line, '^%S+ (%d+)'))} end
local active = redis.call('HLEN', 'gw:admin-keys')
if active >= tonumber(active_max) then return {'too_many', active} end
redis.call('SET', 'gw:admin-key:' .. key_hash, key_id .. ':' .. role .. ' ' .. name)
redis.call('HSET', 'gw:admin-keys', key_id, string.format('%s %.0f %s:%s %s', key_hash, now, hint, role, name))
return {'created', now}
