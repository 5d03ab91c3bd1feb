-- rotate_receipt_key: sign receipts with a new key, and drop the private part of the last one.
-- ARGV: key (JSON), when ('first': only if there is none)
-- Keys: gw:receipt-keys
-- Returns {'rotated'} | {'known'}
local key, when = unpack(ARGV)
local last = redis.call('LINDEX', 'gw:receipt-keys', 0)
if not last then
  redis.call('LPUSH', 'gw:receipt-keys', key)
  return {'rotated'}
end
if when == 'first' then return {'known'} end
local old = cjson.decode(last)
if old.id == cjson.decode(key).id then
  redis.call('LSET', 'gw:receipt-keys', 0, key)
  return {'rotated'}
end
redis.call('LSET', 'gw:receipt-keys', 0,
  cjson.encode({id = old.id, public_key = old.public_key, created_ms = old.created_ms, private = ''}))
redis.call('LPUSH', 'gw:receipt-keys', key)
return {'rotated'}
