-- create_vouchers: create a batch of vouchers, each of which adds its amount to one account, once.
-- ARGV: batch, name, amount (micro-USD), expires_ms, keep_ms (of the batch and its vouchers after that), each ('1': an
--       account may redeem only one of them), then the SHA-256 of each voucher
-- Keys: gw:voucher-batch:<id> gw:voucher-batches gw:voucher:<hash>
-- Returns {'created', created_ms}
--@include now
local batch, name, amount, expires, keep, each = unpack(ARGV)
local key, FIRST = 'gw:voucher-batch:' .. batch, 7
local created = redis.call('HGET', key, 'created_ms')
if created then return {'created', tonumber(created)} end
local ends = string.format('%.0f', expires + keep)
redis.call('HSET', key, 'name', name, 'amount', amount, 'expires_ms', expires, 'each', each, 'created_ms', now,
  'count', #ARGV - FIRST + 1, 'redeemed', 0)
redis.call('PEXPIREAT', key, ends)
redis.call('ZADD', 'gw:voucher-batches', now, batch)
redis.call('ZREMRANGEBYRANK', 'gw:voucher-batches', 0, -1001)
for at = FIRST, #ARGV do
  redis.call('HSET', 'gw:voucher:' .. ARGV[at], 'batch', batch)
  redis.call('PEXPIREAT', 'gw:voucher:' .. ARGV[at], ends)
end
return {'created', now}
