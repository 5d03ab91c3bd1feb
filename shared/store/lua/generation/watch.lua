-- watch: note that a gateway waits for the end of a generation.
-- ARGV: id, gateway
-- Keys: gw:generation:<id>
-- Returns {'open'} | {'closed', state} | {'missing'}
local id, gateway = unpack(ARGV)
local generation = 'gw:generation:' .. id
local state, waiters = unpack(redis.call('HMGET', generation, 'state', 'waiters'))
if not state then return {'missing'} end
if state == 'completed' or state == 'failed' then return {'closed', state} end
if not waiters then
  redis.call('HSET', generation, 'waiters', gateway)
elseif not string.find(' ' .. waiters .. ' ', ' ' .. gateway .. ' ', 1, true) then
  redis.call('HSET', generation, 'waiters', waiters .. ' ' .. gateway)
end
return {'open'}
