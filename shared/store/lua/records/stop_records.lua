-- stop_records: forget the database. From now on ended records expire by themselves.
-- ARGV: none
-- Keys: gw:records gw:records-state gw:records-swept
-- Returns {'stopped', waiting (entries that no archiver has finished)}
local waiting = redis.call('XLEN', 'gw:records')
redis.call('DEL', 'gw:records', 'gw:records-state', 'gw:records-swept')
return {'stopped', waiting}
