-- reseal_secret: replace the stored form of an endpoint's secret, unless it has changed meanwhile.
-- ARGV: endpoint, field ('secret' | 'old_secret'), was, sealed
-- Keys: gw:endpoint:<id>
-- Returns {'sealed'} | {'changed'}
local endpoint, field, was, sealed = unpack(ARGV)
local stored = redis.call('HGET', 'gw:endpoint:' .. endpoint, field)
if stored == sealed then return {'sealed'} end
if stored ~= was then return {'changed'} end
redis.call('HSET', 'gw:endpoint:' .. endpoint, field, sealed)
return {'sealed'}
