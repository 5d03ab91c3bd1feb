-- check_jobs: return the fault of each job on a queue, if it has one. The dispatcher's queue has jobs of deliveries, that
-- of a provider has jobs of its open generations, and late polls of failed ones.
-- ARGV: queue (a provider | 'webhooks'), job id ...
-- Keys: arq:queue:<queue> gw:delivery:<id> gw:generation:<id>
-- Returns {'seen', ['' | 'unreadable' | 'stale_job'] ...}
local ENDED = {completed = true, failed = true}

local function is_fine(job)
  if not redis.call('ZSCORE', 'arq:queue:' .. ARGV[1], job) then return true end
  local kind, id = string.match(job, '^(%l+):(.*)$')
  if kind == 'deliver' then return redis.call('HGET', 'gw:delivery:' .. id, 'state') == 'pending' end
  local state, provider = unpack(redis.call('HMGET', 'gw:generation:' .. (id or job), 'state', 'provider'))
  if kind then return state == 'failed' end
  return state and not ENDED[state] and state ~= 'backlog' and provider == ARGV[1]
end

local out = {'seen'}
for i = 2, #ARGV do
  local ok, fine = pcall(is_fine, ARGV[i])
  out[i] = not ok and 'unreadable' or fine and '' or 'stale_job'
end
return out
