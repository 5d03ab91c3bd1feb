-- credit: return money for an ended generation, once and at most its cost.
-- ARGV: id, amount (micro-USD; '': all of it)
-- Keys: gw:generation:<id> gw:account:<id> gw:ledger:<account>
-- Returns {'credited', amount} | {'already', amount} | {'open', state} | {'too_much', cost} | {'missing'}
--@include now
--@include records
--@include budget
local id, amount = unpack(ARGV)
local generation = 'gw:generation:' .. id
local account, cost, credit, state, budgets =
  unpack(redis.call('HMGET', generation, 'account', 'cost', 'credit', 'state', 'budgets'))
if not account then return {'missing'} end
if state ~= 'completed' and state ~= 'failed' then return {'open', state} end
if credit then return {'already', tonumber(credit)} end
amount, cost = tonumber(amount == '' and cost or amount), tonumber(cost)
if cost == 0 or amount > cost then return {'too_much', cost} end
assert(amount > 0, 'credit must be greater than zero')
redis.call('HSET', generation, 'credit', amount, 'credit_ms', now)
redis.call('HINCRBY', 'gw:account:' .. account, 'spent', -amount)
redis.call('RPUSH', 'gw:ledger:' .. account, string.format('%.0f credit %.0f %s', now, amount, id))
if budgets then return_budgets(budgets, amount) end
note_change_after_end(id, now)
return {'credited', amount}
