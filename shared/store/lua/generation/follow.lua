-- follow: write the changes of a generation to its account's feed from now on, beginning with its state.
-- ARGV: account, id
-- Keys: gw:generation:<id>
-- Returns {'followed'} | {'closed'} | {'missing'}
--@include feed
local account, id = unpack(ARGV)
local owner, state, watched = unpack(redis.call('HMGET', 'gw:generation:' .. id, 'account', 'state', 'watched'))
if owner ~= account then return {'missing'} end
if state == 'completed' or state == 'failed' then return {'closed'} end
if not watched then watch(account, id, state) end
return {'followed'}
