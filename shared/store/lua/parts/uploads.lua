-- uploads: the files that accounts send before their orders, and how much of them an account and everybody may have.
-- Keys: gw:upload:<id> gw:upload-use:<scope> gw:uploads-due gw:uploads
-- Returns nothing
local function used_by(scope)
  local count, bytes = unpack(redis.call('HMGET', 'gw:upload-use:' .. scope, 'count', 'bytes'))
  return tonumber(count or 0), tonumber(bytes or 0)
end

local function count_upload(account, count, bytes)
  for _, scope in ipairs({account, 'all'}) do
    local left = redis.call('HINCRBY', 'gw:upload-use:' .. scope, 'count', count)
    redis.call('HINCRBY', 'gw:upload-use:' .. scope, 'bytes', bytes)
    if left <= 0 then redis.call('DEL', 'gw:upload-use:' .. scope) end
  end
end

-- Forget an upload, and give its file to the sweeper to delete.
local function drop_upload(id)
  local account, bytes, path = unpack(redis.call('HMGET', 'gw:upload:' .. id, 'account', 'bytes', 'path'))
  redis.call('ZREM', 'gw:uploads-due', id)
  if not account then return end
  if path and path ~= '' then redis.call('SADD', 'gw:uploads', path) end
  redis.call('DEL', 'gw:upload:' .. id)
  count_upload(account, -1, -bytes)
end
