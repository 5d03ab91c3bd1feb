-- view: return a generation with all of its fields.
-- ARGV: account ('': any), id
-- Keys: gw:generation:<id>
-- Returns {'seen', id, position (-1: it does not wait), [field, value ...]} | {'missing'}
--@include position
local account, id = unpack(ARGV)
local key = 'gw:generation:' .. id
local owner, provider, state = unpack(redis.call('HMGET', key, 'account', 'provider', 'state'))
if not owner or (account ~= '' and owner ~= account) then return {'missing'} end
return {'seen', id, position(id, owner, provider, state), redis.call('HGETALL', key)}
