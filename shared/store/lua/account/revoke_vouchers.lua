-- revoke_vouchers: revoke the vouchers of a batch that nobody has redeemed.
-- ARGV: batch
-- Keys: gw:voucher-batch:<id>
-- Returns {'revoked', left} | {'missing'}
--@include now
local key = 'gw:voucher-batch:' .. ARGV[1]
local count, redeemed = unpack(redis.call('HMGET', key, 'count', 'redeemed'))
if not count then return {'missing'} end
redis.call('HSETNX', key, 'revoked_ms', now)
return {'revoked', count - redeemed}
