-- set_low_balance_alert: set the balance below which an account gets an alert, 0 for never, and arm the alert again.
-- ARGV: account, threshold (micro-USD)
-- Keys: gw:account:<id>
-- Returns {'set'} | {'missing'}
--@include records
local account, threshold = unpack(ARGV)
if redis.call('EXISTS', 'gw:account:' .. account) == 0 then return {'missing'} end
redis.call('HSET', 'gw:account:' .. account, 'low', threshold)
redis.call('HDEL', 'gw:account:' .. account, 'low_told')
note_record('account:' .. account, FACTS_MAX)
return {'set'}
