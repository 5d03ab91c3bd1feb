-- create_account: create an account with an empty balance. A second call finds it created.
-- ARGV: account, name, plan, low (micro-USD, threshold of the low-balance alert)
-- Keys: gw:account:<id> gw:accounts
-- Returns {'created', created_ms}
--@include now
--@include records
local account, name, plan, low = unpack(ARGV)
local created = redis.call('HGET', 'gw:account:' .. account, 'created_ms')
if created then return {'created', tonumber(created)} end
redis.call('HSET', 'gw:account:' .. account, 'name', name, 'plan', plan, 'created_ms', now, 'topup', 0, 'spent', 0,
  'low', low)
redis.call('ZADD', 'gw:accounts', now, account)
note_record('account:' .. account, FACTS_MAX)
return {'created', now}
