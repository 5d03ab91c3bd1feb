-- drop_records: drop entries of the stream whose records are in the database.
-- ARGV: entry ...
-- Keys: gw:records
-- Returns {'dropped', count}
redis.call('XACK', 'gw:records', 'archive', unpack(ARGV))
return {'dropped', redis.call('XDEL', 'gw:records', unpack(ARGV))}
