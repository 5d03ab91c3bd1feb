-- close_breaker: close the circuit breakers of a route and of its provider, because the provider answered a submit.
-- ARGV: provider, target
-- Keys: none of its own; those of the part `route`
-- Returns {'closed'}
--@include route
for _, breaker in ipairs(breaker_keys(ARGV[1], ARGV[2])) do
  redis.call('HDEL', breaker, 'downs', 'down_until_ms', 'down_why', 'probe_until_ms', 'gone')
end
return {'closed'}
