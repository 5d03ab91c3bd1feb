-- finish: end or requeue a batch of jobs, each only if the worker still holds it.
-- ARGV: queue, token, then for each job: id, end ('1' | ''), result, result_ms ('': no expiry), keep_ms (''), due_ms, clean ('1' | '')
-- A clean return (a deferred job) resets its tries, because it has not failed.
-- Keys: arq:in-progress:<id> arq:job:<id> arq:retry:<id> arq:result:<id> arq:abort; the queue's keys are the caller's
-- Returns {'finished', 1 (held) or 0 (lost) for each job ...}
--@include now
--@include queue
local SOON_MS = 500  -- a waiting worker claims again after this long at the latest, so a later job needs no bell
local queue, token = ARGV[1], ARGV[2]
local leases, out = queue .. ':leases', {'finished'}

local function finish(id, result, result_ms, keep_ms)
  if result ~= '' then
    if result_ms == '' then redis.call('SET', 'arq:result:' .. id, result)
    else redis.call('SET', 'arq:result:' .. id, result, 'PX', result_ms) end
  end
  if keep_ms ~= '' then
    redis.call('PEXPIRE', 'arq:in-progress:' .. id, keep_ms)
    redis.call('DEL', 'arq:job:' .. id, 'arq:retry:' .. id)
  else redis.call('DEL', 'arq:in-progress:' .. id, 'arq:job:' .. id, 'arq:retry:' .. id) end
  redis.call('ZREM', 'arq:abort', id)
  redis.call('ZREM', queue, id)
end

local function requeue(id, due_ms, clean)
  if clean == '1' then redis.call('DEL', 'arq:in-progress:' .. id, 'arq:retry:' .. id)
  else redis.call('DEL', 'arq:in-progress:' .. id) end
  redis.call('ZADD', queue, 'XX', due_ms, id)
end

local soon, ended = false, {}
for i = 3, #ARGV, 7 do
  local id = ARGV[i]
  local held = redis.call('GET', 'arq:in-progress:' .. id) == token
  out[#out + 1] = held and 1 or 0
  if held then
    ended[#ended + 1] = id
    if ARGV[i + 1] == '1' then finish(id, ARGV[i + 2], ARGV[i + 3], ARGV[i + 4])
    else
      requeue(id, ARGV[i + 5], ARGV[i + 6])
      soon = soon or tonumber(ARGV[i + 5]) < now + SOON_MS
    end
  end
end
if #ended > 0 then redis.call('ZREM', leases, unpack(ended)) end
if soon then ring(queue) end
return out
