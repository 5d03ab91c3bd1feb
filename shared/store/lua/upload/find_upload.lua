-- find_upload: return an upload of an account that has not expired. With `hold_ms` its file stays for at least so long.
-- ARGV: id, account, hold_ms (or 0)
-- Keys: gw:upload:<id> gw:uploads-due
-- Returns {'found', path, bytes, exact, media_type ('': not stored yet), declared, created_ms, until_ms} | {'missing'}
--@include now
local id, account, hold_ms = unpack(ARGV)
local owner, path, bytes, exact, media_type, declared, created_ms, until_ms = unpack(redis.call('HMGET', 'gw:upload:' .. id,
  'account', 'path', 'bytes', 'exact', 'media_type', 'declared', 'created_ms', 'until_ms'))
if owner ~= account or now >= tonumber(until_ms) then return {'missing'} end
local held_ms = now + hold_ms
if media_type and held_ms > tonumber(redis.call('ZSCORE', 'gw:uploads-due', id) or 0) then
  redis.call('ZADD', 'gw:uploads-due', held_ms, id)
end
return {'found', path, tonumber(bytes), exact, media_type or '', declared, tonumber(created_ms), tonumber(until_ms)}
