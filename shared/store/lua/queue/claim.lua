-- claim: hand a worker a batch of jobs: first those whose lease expired, then the due ones. A claimed job stays in the
-- queue with a later score, so that other readers skip it and a stock arq worker on the same queue still works.
-- ARGV: queue, count, lease_ms, park_ms, token
-- Keys: arq:in-progress:<id> arq:job:<id> arq:retry:<id>; the queue, its bell and leases are named by the caller
-- Returns {'claimed', next_due_ms (-1: the queue is empty), [id, score, payload, try, rescued (1: from a lost lease)] ...}
--@include now
--@include queue
local RETRY_KEPT_S = 88400  -- arq's own
local queue, count, lease_ms, park_ms, token = unpack(ARGV)
count, lease_ms, park_ms = tonumber(count), tonumber(lease_ms), tonumber(park_ms)
local leases = queue .. ':leases'
local out, taken = {'claimed', -1}, 0

local function take(id, score, rescued)
  taken = taken + 1
  redis.call('SET', 'arq:in-progress:' .. id, token, 'PX', lease_ms)
  redis.call('ZADD', queue, now + park_ms, id)
  redis.call('ZADD', leases, now + lease_ms, id)
  local try = redis.call('INCR', 'arq:retry:' .. id)
  redis.call('EXPIRE', 'arq:retry:' .. id, RETRY_KEPT_S)
  out[#out + 1] = {id, score, redis.call('GET', 'arq:job:' .. id), try, rescued}
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, count)) do
  if redis.call('ZSCORE', queue, id) then take(id, now, 1) else redis.call('ZREM', leases, id) end
end
local due = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'WITHSCORES', 'LIMIT', 0, count - taken)
for i = 1, #due, 2 do
  local left = redis.call('PTTL', 'arq:in-progress:' .. due[i])
  if left == -2 then take(due[i], tonumber(due[i + 1]), 0)
  else redis.call('ZADD', queue, now + math.max(left, 1), due[i]) end  -- a stock worker runs it, or abort() moved it
end

for _, set in ipairs({queue, leases}) do
  local score = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
  if score then
    local wait = math.max(tonumber(score) - now, 0)
    if out[2] < 0 or wait < out[2] then out[2] = wait end
  end
end
if out[2] == 0 then ring(queue) end
return out
