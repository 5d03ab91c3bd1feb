-- drop_records: drop entries of the stream whose records are in the database.
-- ARGV: entry ... (oldest first)
-- Keys: gw:records gw:records-state
-- Returns {'dropped', count}
--@include later_entry
local last = ARGV[#ARGV]
redis.call('XACK', 'gw:records', 'archive', unpack(ARGV))
if is_later(last, redis.call('HGET', 'gw:records-state', 'archived') or '') then
  redis.call('HSET', 'gw:records-state', 'archived', last)
end
return {'dropped', redis.call('XDEL', 'gw:records', unpack(ARGV))}
