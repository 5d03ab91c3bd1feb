-- grant_included: add the credit that the account's plan includes in a month. In a month with several plans it has as
-- much as the best of them. Unspent credit stays.
-- ARGV: account, month (such as 2026-12)
-- Keys: gw:account:<id> gw:plan:<name>
-- Returns {'granted', amount, balance} | {'nothing'} | {'missing'}
--@include now
--@include records
--@include credits
local account, month = unpack(ARGV)
local record = 'gw:account:' .. account
local plan, low, state, granted = unpack(redis.call('HMGET', record, 'plan', 'low', 'state', 'included'))
if not plan then return {'missing'} end
local had = tonumber(string.match(granted or '', '^' .. string.gsub(month, '%-', '%%-') .. ' (%d+)$') or 0)
local whole = tonumber(redis.call('HGET', 'gw:plan:' .. plan, 'included') or 0)
if state or whole <= had then return {'nothing'} end
redis.call('HSET', record, 'included', string.format('%s %.0f', month, whole))
return {'granted', whole - had, add_money(account, whole - had, string.format('included %s %.0f', month, whole), low, now)}
