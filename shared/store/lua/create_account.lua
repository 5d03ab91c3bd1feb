-- create_account: a new account with nothing on it.
-- ARGV: account, name, plan
-- Keys: gw:account:<id> gw:accounts
-- Returns {'created', created_ms} | {'already'}
--@include now
local account, name, plan = unpack(ARGV)
if redis.call('EXISTS', 'gw:account:' .. account) == 1 then return {'already'} end
redis.call('HSET', 'gw:account:' .. account, 'name', name, 'plan', plan, 'created_ms', now, 'topup', 0, 'spent', 0)
redis.call('ZADD', 'gw:accounts', now, account)
return {'created', now}
