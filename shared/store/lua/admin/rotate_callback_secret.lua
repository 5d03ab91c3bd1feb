-- rotate_callback_secret: key new callback URLs with a new secret. URLs of the previous one stay valid, older ones do not.
-- ARGV: secret
-- Keys: gw:callback-secrets gw:secret
-- Returns {'rotated'}
local last = redis.call('LINDEX', 'gw:callback-secrets', 0) or redis.call('GET', 'gw:secret')
if last == ARGV[1] then return {'rotated'} end
redis.call('DEL', 'gw:callback-secrets')
redis.call('RPUSH', 'gw:callback-secrets', ARGV[1])
if last then redis.call('RPUSH', 'gw:callback-secrets', last) end
return {'rotated'}
