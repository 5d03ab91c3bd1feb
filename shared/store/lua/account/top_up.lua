-- top_up: add money to an account, or take back what a top-up added; once per reference. A dispute takes it back even if
-- it is spent or reserved. Nothing else makes a balance negative.
-- ARGV: account, amount (micro-USD; below zero: a correction), reference, kind ('top_up' | 'dispute'),
--       undoes (the reference of the line that this one undoes, or ''; it is written here if it is missing)
-- Keys: gw:account:<id> gw:top-ups:<account>
-- Returns {'topped_up', balance} | {'already', balance} | {'too_low', balance} | {'too_much', topup} | {'closed'}
-- Returns {'missing'}
--@include now
--@include records
--@include credits
local TOPUP_MAX = 1000000000000000
local account, amount, reference, kind, undoes = unpack(ARGV)
amount = tonumber(amount)
local topup, spent, low, state = unpack(redis.call('HMGET', 'gw:account:' .. account, 'topup', 'spent', 'low', 'state'))
if not topup then return {'missing'} end
local seen = 'gw:top-ups:' .. account
if redis.call('HEXISTS', seen, reference) == 1 then return {'already', topup - spent} end
assert(amount ~= 0, 'top-up must not be zero')
if state == 'closed' then return {'closed'} end
if kind ~= 'dispute' and amount < 0 and topup + amount < tonumber(spent) then return {'too_low', topup - spent} end
if topup + amount > TOPUP_MAX then return {'too_much', tonumber(topup)} end
if undoes ~= '' and redis.call('HEXISTS', seen, undoes) == 0 then
  add_money(account, -amount, undoes, low, now, kind)
end
return {'topped_up', add_money(account, amount, reference, low, now, kind)}
