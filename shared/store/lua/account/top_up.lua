-- top_up: add money to an account, or take back what a mistaken top-up added; once per reference.
-- ARGV: account, amount (micro-USD; below zero: a correction), reference
-- Keys: gw:account:<id> gw:ledger:<account> gw:top-ups:<account> gw:history
-- Returns {'topped_up', balance} | {'already', balance} | {'too_low', balance} | {'too_much', topup} | {'missing'}
--@include now
--@include records
local TOPUP_MAX = 1000000000000000
local account, amount, reference = unpack(ARGV)
amount = tonumber(amount)
local record = 'gw:account:' .. account
local topup, spent, low = unpack(redis.call('HMGET', record, 'topup', 'spent', 'low'))
if not topup then return {'missing'} end
local seen = 'gw:top-ups:' .. account
if redis.call('HEXISTS', seen, reference) == 1 then return {'already', topup - spent} end
assert(amount ~= 0, 'top-up must not be zero')
if amount < 0 and topup + amount < tonumber(spent) then return {'too_low', topup - spent} end
if topup + amount > TOPUP_MAX then return {'too_much', tonumber(topup)} end
redis.call('HINCRBY', 'gw:history', 'sequence', 1)
redis.call('HINCRBY', record, 'topup', amount)
redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f top_up %.0f %s', now, amount, reference))
redis.call('HSET', seen, reference, now)
note_record('account:' .. account, FACTS_MAX)
if topup + amount - spent >= tonumber(low or 0) then redis.call('HDEL', record, 'low_told') end
return {'topped_up', topup + amount - spent}
