-- follow_account: write the changes of an account's generations to its feed for a while. The newest open ones are in.
-- ARGV: account, keep_ms, count (of the newest generations that are looked through)
-- Keys: gw:account:<id> gw:generations:<account> gw:generation:<id> gw:feed:<account>
-- Returns {'followed', id of the feed's last entry} | {'missing'}
--@include now
--@include feed
local account, keep_ms, count = unpack(ARGV)
local key = 'gw:account:' .. account
if redis.call('EXISTS', key) == 0 then return {'missing'} end
local until_ms = tonumber(redis.call('HGET', key, 'watched_ms') or 0)
redis.call('HSET', key, 'watched_ms', now + keep_ms)

local function include(id)
  local generation = 'gw:generation:' .. id
  local state, watched = unpack(redis.call('HMGET', generation, 'state', 'watched'))
  if not state or watched or state == 'completed' or state == 'failed' then return end
  redis.call('HSET', generation, 'watched', 1)
end

if until_ms < now then
  for _, id in ipairs(redis.call('LRANGE', 'gw:generations:' .. account, 0, count - 1)) do include(id) end
end
local last = redis.call('XREVRANGE', 'gw:feed:' .. account, '+', '-', 'COUNT', 1)[1]
if last then return {'followed', last[1]} end
append_event(account, 1, '', 'ready')
return {'followed', redis.call('XREVRANGE', 'gw:feed:' .. account, '+', '-', 'COUNT', 1)[1][1]}
