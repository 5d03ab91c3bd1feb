-- redeem_voucher: add the amount of a voucher to an account, once. A repetition by the same account adds nothing.
-- ARGV: account, voucher (its SHA-256), reference (of the ledger line)
-- Keys: gw:account:<id> gw:voucher:<hash> gw:voucher-batch:<id> gw:top-ups:<account>
-- Returns {'redeemed', amount, balance} | {'already', amount, balance} | {'unknown'} | {'second'} | {'closed'} | {'missing'}
--@include now
--@include records
--@include credits
local account, voucher, reference = unpack(ARGV)
local topup, spent, low, state = unpack(redis.call('HMGET', 'gw:account:' .. account, 'topup', 'spent', 'low', 'state'))
if not topup then return {'missing'} end
if state == 'closed' then return {'closed'} end
local batch, owner = unpack(redis.call('HMGET', 'gw:voucher:' .. voucher, 'batch', 'account'))
local key = 'gw:voucher-batch:' .. (batch or '')
local amount, expires, each, revoked = unpack(redis.call('HMGET', key, 'amount', 'expires_ms', 'each', 'revoked_ms'))
if not amount or (owner and owner ~= account) then return {'unknown'} end
if owner then return {'already', tonumber(amount), topup - spent} end
if revoked or tonumber(expires) <= now then return {'unknown'} end
local mark = 'voucher batch ' .. batch
if each == '1' and redis.call('HEXISTS', 'gw:top-ups:' .. account, mark) == 1 then return {'second'} end
redis.call('HSET', 'gw:voucher:' .. voucher, 'account', account, 'redeemed_ms', now)
redis.call('HINCRBY', key, 'redeemed', 1)
redis.call('HSET', 'gw:top-ups:' .. account, mark, now)
return {'redeemed', tonumber(amount), add_money(account, tonumber(amount), reference, low, now)}
