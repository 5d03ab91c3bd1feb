-- start_upload: note that a client begins to send the file of an upload; each upload has a few tries.
-- ARGV: id, tries_max
-- Keys: gw:upload:<id>
-- Returns {'started', account, bytes, exact, declared} | {'missing'} | {'stored'} | {'too_often'}
--@include now
local id, tries_max = unpack(ARGV)
local account, bytes, exact, declared, until_ms, media_type = unpack(redis.call('HMGET', 'gw:upload:' .. id, 'account',
  'bytes', 'exact', 'declared', 'until_ms', 'media_type'))
if not account or now >= tonumber(until_ms) then return {'missing'} end
if media_type then return {'stored'} end
if redis.call('HINCRBY', 'gw:upload:' .. id, 'tries', 1) > tonumber(tries_max) then return {'too_often'} end
return {'started', account, tonumber(bytes), exact, declared}
