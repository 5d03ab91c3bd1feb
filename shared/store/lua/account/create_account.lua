-- create_account: a new account with nothing on it. The same again finds it made.
-- ARGV: account, name, plan, low (micro-USD: it is told when its balance falls below)
-- Keys: gw:account:<id> gw:accounts
-- Returns {'created', created_ms}
--@include now
local account, name, plan, low = unpack(ARGV)
local created = redis.call('HGET', 'gw:account:' .. account, 'created_ms')
if created then return {'created', tonumber(created)} end
redis.call('HSET', 'gw:account:' .. account, 'name', name, 'plan', plan, 'created_ms', now, 'topup', 0, 'spent', 0,
  'low', low)
redis.call('ZADD', 'gw:accounts', now, account)
return {'created', now}
