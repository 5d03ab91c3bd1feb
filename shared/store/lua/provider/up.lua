-- up: a provider served again; close its breaker.
-- ARGV: provider
-- Keys: gw:provider:<name>
-- Returns {'up'}
redis.call('HDEL', 'gw:provider:' .. ARGV[1], 'downs', 'down_until_ms', 'down_why', 'probe_until_ms')
return {'up'}
