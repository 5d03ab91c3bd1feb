-- set_spend_caps: set what an account may take from its balance in a day, in a month (UTC), and in total.
-- ARGV: account, caps (`<day> <month> <total>`, micro-USD, `-` for none; all `-`: nothing is counted), fresh ('1': count
--       from zero, as the first caps of an account do)
-- Keys: gw:account:<id>
-- Returns {'set'} | {'missing'}
--@include budget_caps
local account, caps, fresh = unpack(ARGV)
local record = 'gw:account:' .. account
if redis.call('EXISTS', record) == 0 then return {'missing'} end
write_budget(account, caps, fresh == '1' or redis.call('HEXISTS', record, 'capped') == 0)
if caps == '- - -' then redis.call('HDEL', record, 'capped') else redis.call('HSET', record, 'capped', 1) end
return {'set'}
