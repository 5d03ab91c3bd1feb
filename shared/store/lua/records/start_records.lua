-- start_records: begin to hand ended records to archivers, all of which write to one database.
-- ARGV: database (its identity)
-- Keys: gw:records gw:records-state
-- Returns {'started', new (1: the store had no records yet)} | {'other', database}
--@include now
local known = redis.call('HGET', 'gw:records-state', 'database')
if known and known ~= ARGV[1] then return {'other', known} end
if redis.call('EXISTS', 'gw:records') == 1 then return {'started', 0} end
redis.call('HSET', 'gw:records-state', 'database', ARGV[1], 'since_ms', now)
redis.call('XGROUP', 'CREATE', 'gw:records', 'archive', '0', 'MKSTREAM')
return {'started', 1}
