-- create_upload: let an account send a file, within its limits and those of everybody; once per id.
-- ARGV: id, account, bytes (the most that it may have), exact ('1': it has so many, or ''), declared (media type, or
--       ''), path (where the client puts it itself, or ''), put_ms (time for it), count_max, bytes_max (of the account), all_bytes_max, bounds
-- Keys: gw:account:<id> gw:plan:<name> gw:upload:<id> gw:uploads-due
-- Returns {'created', created_ms} | {'missing'} | {'too_many', limit} | {'full', limit} | {'all_full'}
--@include now
--@include bounds
--@include uploads
local id, account, bytes, exact, declared, path, put_ms, count_max, bytes_max, all_bytes_max, lines = unpack(ARGV)
local known = redis.call('HGET', 'gw:upload:' .. id, 'created_ms')
if known then return {'created', tonumber(known)} end
local plan = redis.call('HGET', 'gw:account:' .. account, 'plan')
if not plan then return {'missing'} end
local count, own = used_by(account)
local _, all = used_by('all')
if count >= tonumber(count_max) then return {'too_many', tonumber(count_max)} end
if own + bytes > tonumber(bytes_max) then return {'full', tonumber(bytes_max)} end
if all + bytes > tonumber(all_bytes_max) then return {'all_full'} end
local scopes = read_usage(lines, account, redis.call('HGET', 'gw:plan:' .. plan, 'bounds'), now)
local refusal = bound_passed(scopes, {1, 0, 0, 1, 0}, now)
count_usage(scopes, {1, 0, 0, 0, 0})
if refusal then return refusal end
local until_ms = now + put_ms
redis.call('HSET', 'gw:upload:' .. id, 'account', account, 'bytes', bytes, 'exact', exact, 'declared', declared,
  'path', path, 'created_ms', now, 'until_ms', until_ms)
redis.call('ZADD', 'gw:uploads-due', until_ms, id)
count_upload(account, 1, bytes)
return {'created', now}
