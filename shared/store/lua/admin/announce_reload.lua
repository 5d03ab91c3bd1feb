-- announce_reload: let every process read its catalogue again. Each learns the number with its next heartbeat.
-- ARGV: none
-- Keys: gw:catalogue-reload
-- Returns {'announced', number}
return {'announced', redis.call('INCR', 'gw:catalogue-reload')}
