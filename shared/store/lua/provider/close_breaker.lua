-- close_breaker: close a provider's circuit breaker, because the provider answered a submit.
-- ARGV: provider
-- Keys: gw:provider:<name>
-- Returns {'closed'}
redis.call('HDEL', 'gw:provider:' .. ARGV[1], 'downs', 'down_until_ms', 'down_why', 'probe_until_ms')
return {'closed'}
