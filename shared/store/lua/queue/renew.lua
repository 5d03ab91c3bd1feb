-- renew: renew the leases of a worker's running jobs, and return the lost ones.
-- ARGV: queue, token, lease_ms, id ...
-- Keys: arq:in-progress:<id>; the queue's leases are named by the caller
-- Returns {'renewed', id of each lost job ...}
--@include now
local queue, token, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local out = {'renewed'}
for i = 4, #ARGV do
  local id = ARGV[i]
  if redis.call('GET', 'arq:in-progress:' .. id) == token then
    redis.call('PEXPIRE', 'arq:in-progress:' .. id, lease_ms)
    redis.call('ZADD', queue .. ':leases', 'XX', now + lease_ms, id)
  else
    out[#out + 1] = id
  end
end
return out
