-- erase_account: erase an account's name and security events, and its part of the audit's details.
-- ARGV: account, subject ... (other subjects in the audit that belong to it)
-- Keys: gw:account:<id> gw:account-events:<account> gw:generations:<account> gw:audit gw:records
-- Returns {'erased', lines (of the audit)} | {'missing'}
-- With a database, which has the lines, they leave the store.
local GONE = ''
local account, lines, subjects = ARGV[1], 0, {}
local archived = redis.call('EXISTS', 'gw:records') == 1
if redis.call('EXISTS', 'gw:account:' .. account) == 0 then return {'missing'} end
redis.call('HSET', 'gw:account:' .. account, 'name', '')
redis.call('DEL', 'gw:account-events:' .. account, 'gw:generations:' .. account)
for at = 1, #ARGV do subjects[ARGV[at]] = true end
for index, raw in ipairs(redis.call('LRANGE', 'gw:audit', 0, -1)) do
  local read, line = pcall(cjson.decode, raw)
  if read and subjects[line.on] and line.detail ~= '' and line.what ~= 'account erase' then
    line.detail = ''
    redis.call('LSET', 'gw:audit', index - 1, archived and GONE or cjson.encode(line))
    lines = lines + 1
  end
end
redis.call('LREM', 'gw:audit', 0, GONE)
return {'erased', lines}
