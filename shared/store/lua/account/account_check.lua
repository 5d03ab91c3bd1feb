-- account_check: an account's totals and how long its ledger was at that moment; lines are only ever added.
-- ARGV: account
-- Keys: gw:account:<id> gw:ledger:<account>
-- Returns {'seen', topup, spent, lines} | {'missing'}
local topup, spent = unpack(redis.call('HMGET', 'gw:account:' .. ARGV[1], 'topup', 'spent'))
if not topup or not spent then return {'missing'} end
return {'seen', tonumber(topup), tonumber(spent), redis.call('LLEN', 'gw:ledger:' .. ARGV[1])}
