-- accept_history: let all processes go on with the store as it is now, after an operator has restored or replaced it.
-- ARGV: id (of the history to begin, if the store has none)
-- Keys: gw:history
-- Returns {'accepted', id, accepted_ms}
--@include now
redis.call('HSETNX', 'gw:history', 'id', ARGV[1])
redis.call('HDEL', 'gw:history', 'fenced')
redis.call('HSET', 'gw:history', 'accepted_ms', now)
return {'accepted', redis.call('HGET', 'gw:history', 'id'), now}
