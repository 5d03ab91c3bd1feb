-- claim: hand a worker a batch of jobs: first those whose lease expired, then the due ones. A claimed job stays in the
-- queue with a later score, so that other readers skip it and a stock arq worker on the same queue still works.
-- ARGV: queue, count, lease_ms, park_ms, token
-- Keys: arq:in-progress:<id>; the queue, its bell and leases are named by the caller
-- Returns {'claimed', next_due_ms (-1: nothing within SOON_MS), [id, score, payload, try, rescued (1: from a lost lease)] ...}
--@include now
--@include queue
--@include claims
local FIRST = 3  -- the entry of the first job in the reply
local SOON_MS = 500  -- a worker claims again after this long in any case
local queue, count, lease_ms, park_ms, token = unpack(ARGV)
count, lease_ms, park_ms = tonumber(count), tonumber(lease_ms), tonumber(park_ms)
local leases = queue .. ':leases'
local out, taken = {'claimed', -1}, 0

local function take(id, score, rescued)
  taken = taken + 1
  out[#out + 1] = {id, score, false, count_try(id), rescued}
end

local function due_at(ms)
  if ms - now > SOON_MS then return end
  out[2] = out[2] < 0 and math.max(ms - now, 0) or math.min(out[2], math.max(ms - now, 0))
end

local lapses = tonumber(redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2])
if lapses and lapses <= now then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, count)) do
    if redis.call('ZSCORE', queue, id) then
      redis.call('SET', 'arq:in-progress:' .. id, token, 'PX', lease_ms)
      take(id, now, 1)
    else redis.call('ZREM', leases, id) end
  end
  keep(out, FIRST, queue, now + park_ms, now + lease_ms)
  lapses = tonumber(redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2])
end
if lapses then due_at(lapses) end
local rescues, room = taken, count - taken
local soon = redis.call('ZRANGEBYSCORE', queue, '-inf', now + SOON_MS, 'WITHSCORES', 'LIMIT', 0, room + 1)
for i = 1, #soon, 2 do
  local id, score = soon[i], tonumber(soon[i + 1])
  if score > now or i > 2 * room then due_at(score)
  elseif redis.call('SET', 'arq:in-progress:' .. id, token, 'PX', lease_ms, 'NX') then take(id, score, 0)
  else  -- a stock worker runs it, or abort() moved it
    local left = math.max(redis.call('PTTL', 'arq:in-progress:' .. id), 1)
    redis.call('ZADD', queue, now + left, id)
    due_at(now + left)
  end
end
keep(out, FIRST + rescues, queue, now + park_ms, now + lease_ms)
if out[2] == 0 then ring(queue) end
return out
