-- beat: record that a process is alive, with its facts, and remove silent processes.
-- ARGV: process, facts (JSON), keep_ms
-- Keys: gw:process:<id> gw:processes gw:catalogue-reload
-- Returns {'heard', number of the last announced reload of the catalogue}
--@include now
local process, facts, keep_ms = unpack(ARGV)
redis.call('SET', 'gw:process:' .. process, facts, 'PX', keep_ms)
redis.call('ZADD', 'gw:processes', now, process)
redis.call('ZREMRANGEBYSCORE', 'gw:processes', '-inf', now - keep_ms)
return {'heard', tonumber(redis.call('GET', 'gw:catalogue-reload') or 0)}
