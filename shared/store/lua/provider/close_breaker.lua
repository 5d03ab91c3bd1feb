-- close_breaker: let submits through again, because a provider answered one.
-- ARGV: provider
-- Keys: gw:provider:<name>
-- Returns {'closed'}
redis.call('HDEL', 'gw:provider:' .. ARGV[1], 'downs', 'down_until_ms', 'down_why', 'probe_until_ms')
return {'closed'}
