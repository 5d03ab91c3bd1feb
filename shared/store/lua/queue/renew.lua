-- renew: renew the leases of a worker's running jobs, and return the lost ones.
-- ARGV: queue, token, lease_ms, id ...
-- Keys: arq:in-progress:<id>; the queue's leases are named by the caller
-- Returns {'renewed', id of each lost job ...}
--@include now
local queue, token, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local out, keys, held = {'renewed'}, {}, {}
for i = 4, #ARGV do keys[#keys + 1] = 'arq:in-progress:' .. ARGV[i] end
if #keys == 0 then return out end
for at, holder in ipairs(redis.call('MGET', unpack(keys))) do
  local id = ARGV[at + 3]
  if holder == token then
    redis.call('PEXPIRE', keys[at], lease_ms)
    held[#held + 1] = now + lease_ms
    held[#held + 1] = id
  else
    out[#out + 1] = id
  end
end
if #held > 0 then redis.call('ZADD', queue .. ':leases', 'XX', unpack(held)) end
return out
