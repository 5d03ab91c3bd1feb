-- expire_archived: let records that are in the database expire, each hot_ms after its last change.
-- ARGV: hot_ms, then for each record: key, stamp (the sum of its times, as it was archived; '': any)
-- Keys: the caller's
-- Returns {'expire', count}
-- A record that has changed since it was archived stays: its change is in the stream.
local hot_ms, count = tonumber(ARGV[1]), 0
for at = 2, #ARGV, 2 do
  local stamp, last = 0, 0
  for time in string.gmatch('closed_ms credit_ms late_ms changed_ms ended_ms', '%S+') do
    local value = tonumber(redis.call('HGET', ARGV[at], time) or 0)
    stamp, last = stamp + value, math.max(last, value)
  end
  if last > 0 and (ARGV[at + 1] == '' or stamp == tonumber(ARGV[at + 1])) then
    count = count + redis.call('PEXPIREAT', ARGV[at], string.format('%.0f', last + hot_ms))
  end
end
return {'expire', count}
