-- claims: count the try of a job, and keep claimed jobs from other workers, all of a claim at once.
-- Keys: arq:job:<id> arq:retry:<id>; the queue and its leases are named by the caller
-- Returns nothing
local RETRY_KEPT_S = 88400  -- arq's own

-- The number of this try. Mostly it is the first.
local function count_try(id)
  local tries = 'arq:retry:' .. id
  if redis.call('SET', tries, 1, 'EX', RETRY_KEPT_S, 'NX') then return 1 end
  local try = redis.call('INCR', tries)
  redis.call('EXPIRE', tries, RETRY_KEPT_S)
  return try
end

-- Park and lease the jobs of a reply since entry `first`, and add their payloads.
local function keep(out, first, queue, parked_ms, leased_ms)
  local names, parked, leased = {}, {}, {}
  for at = first, #out do
    local id = out[at][1]
    names[#names + 1] = 'arq:job:' .. id
    parked[#parked + 1], parked[#parked + 2] = parked_ms, id
    leased[#leased + 1], leased[#leased + 2] = leased_ms, id
  end
  if #names == 0 then return end
  redis.call('ZADD', queue, unpack(parked))
  redis.call('ZADD', queue .. ':leases', unpack(leased))
  for at, payload in ipairs(redis.call('MGET', unpack(names))) do out[first + at - 1][3] = payload end
end
