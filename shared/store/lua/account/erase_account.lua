-- erase_account: erase an account's name and security events, and its part of the audit's details.
-- ARGV: account, subject ... (other subjects in the audit that belong to it)
-- Keys: gw:account:<id> gw:account-events:<account> gw:generations:<account> gw:feed:<account> gw:audit gw:records
-- Returns {'erased', lines (of the audit)} | {'missing'}
-- With a database, which has the lines, they leave the store.
local PUSHED_MAX = 1000  -- values of one command
local account, lines, subjects, kept = ARGV[1], 0, {}, {}
local archived = redis.call('EXISTS', 'gw:records') == 1
if redis.call('EXISTS', 'gw:account:' .. account) == 0 then return {'missing'} end
redis.call('HSET', 'gw:account:' .. account, 'name', '')
redis.call('DEL', 'gw:account-events:' .. account, 'gw:generations:' .. account, 'gw:feed:' .. account)
for at = 1, #ARGV do subjects[ARGV[at]] = true end
for _, raw in ipairs(redis.call('LRANGE', 'gw:audit', 0, -1)) do
  local read, line = pcall(cjson.decode, raw)
  if read and subjects[line.on] and line.detail ~= '' and line.what ~= 'account erase' then
    line.detail, lines = '', lines + 1
    raw = not archived and cjson.encode(line)
  end
  if raw then kept[#kept + 1] = raw end
end
if lines > 0 then
  redis.call('DEL', 'gw:audit')
  for at = 1, #kept, PUSHED_MAX do
    redis.call('RPUSH', 'gw:audit', unpack(kept, at, math.min(at + PUSHED_MAX - 1, #kept)))
  end
end
return {'erased', lines}
