-- finish_upload: note that the file of an upload is stored, once, and count its bytes for the day.
-- ARGV: id, path, bytes, media_type, keep_ms, bounds
-- Keys: gw:account:<id> gw:plan:<name> gw:upload:<id> gw:uploads-due gw:uploads
-- Returns {'finished', until_ms} | {'missing'} | {'stored'}
--@include now
--@include bounds
--@include uploads
--@include records
local id, path, bytes, media_type, keep_ms, lines = unpack(ARGV)
local account, allowed, staged, until_ms, known, created =
  unpack(redis.call('HMGET', 'gw:upload:' .. id, 'account', 'bytes', 'path', 'until_ms', 'media_type', 'created_ms'))
if not account then return {'missing'} end
if known and staged == path then return {'finished', tonumber(until_ms)} end
if known then return {'stored'} end
local plan = redis.call('HGET', 'gw:account:' .. account, 'plan') or ''
local scopes = read_usage(lines, account, redis.call('HGET', 'gw:plan:' .. plan, 'bounds'), now)
local amounts = {0, 0, bytes, bytes, 0}
local refusal = bound_passed(scopes, amounts, now)
if refusal then return refusal end
count_usage(scopes, amounts)
if staged ~= '' then redis.call('SADD', 'gw:uploads', staged) end
redis.call('HSET', 'gw:upload:' .. id, 'path', path, 'bytes', bytes, 'media_type', media_type, 'until_ms', now + keep_ms)
redis.call('ZADD', 'gw:uploads-due', now + keep_ms, id)
count_upload(account, 0, bytes - allowed)
note_record(string.format('upload:%s %s %s %s %s %.0f %s', id, account, bytes, media_type, created, now + keep_ms, path), FACTS_MAX)
return {'finished', now + keep_ms}
