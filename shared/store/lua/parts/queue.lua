-- queue: enqueue an arq job, remove it in any state, and ring the bell for a worker.
-- Keys: arq:job:<id> arq:in-progress:<id> arq:retry:<id>; the queue's own keys are the caller's
-- Returns nothing
local function ring(queue)
  if redis.call('LLEN', queue .. ':bell') == 0 then redis.call('LPUSH', queue .. ':bell', '1') end
end

-- arq's payload {t: nil, f: fn, a: [id], k: {}, et: now} in MessagePack, written out because cmsgpack
-- packs an empty table as an array and arq wants a map for its keyword arguments.
local function payload(fn, id, now)
  return '\133\161t\192\161f' .. string.char(160 + #fn) .. fn .. '\161a\145\217' .. string.char(#id) .. id
    .. '\161k\128\162et\207' .. struct.pack('>I8', now)
end

-- Due now, or at due_ms if that is later.
local function enqueue(queue, id, fn, now, due_ms)
  redis.call('SET', 'arq:job:' .. id, payload(fn, id, now))
  redis.call('ZADD', queue, math.max(now, due_ms or 0), id)
  ring(queue)
end

-- Make a job due now, unless a worker runs it.
local function make_due(queue, id, now)
  if redis.call('ZSCORE', queue .. ':leases', id) then return end
  redis.call('ZADD', queue, 'XX', now, id)
  ring(queue)
end

local function dequeue(queue, id)
  redis.call('DEL', 'arq:job:' .. id, 'arq:in-progress:' .. id, 'arq:retry:' .. id)
  redis.call('ZREM', queue, id)
  redis.call('ZREM', queue .. ':leases', id)
end
