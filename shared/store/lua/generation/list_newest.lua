-- list_newest: return generations of an account, newest first, with some of their fields.
-- ARGV: account, first (its position in the list), count, field ...
-- Keys: gw:generation:<id> gw:generations:<account>
-- Returns {'seen', ids (read from the list), [id, position (-1: it does not wait), [value ...]] ...}
--@include position
local account, first, count = unpack(ARGV)
local ids = redis.call('LRANGE', 'gw:generations:' .. account, first, first + count - 1)
local out = {'seen', #ids}
for _, id in ipairs(ids) do
  local key = 'gw:generation:' .. id
  local provider, state = unpack(redis.call('HMGET', key, 'provider', 'state'))
  if state then
    out[#out + 1] = {id, position(id, account, provider, state), redis.call('HMGET', key, unpack(ARGV, 4))}
  end
end
return out
