-- history: which deployment this store belongs to and how far it got. A process passes what it knows of it, so that it
-- never goes on with an older store, an emptied one, or another deployment's.
-- Keys: gw:history; the generation's is the caller's
-- Returns {'fenced'}
local function advance_history() return redis.call('HINCRBY', 'gw:history', 'sequence', 1) end

-- nil if a process that knows this much may submit; or the reply that says why not. id '': the caller knows nothing.
local function check_history(known, sequence, accepted)
  if not known or known == '' then return end
  local id, reached, began, fenced =
    unpack(redis.call('HMGET', 'gw:history', 'id', 'sequence', 'accepted_ms', 'fenced'))
  local same = id == known and not fenced and (began or '0') == accepted
  if not same or tonumber(reached or 0) < tonumber(sequence) then return {'fenced'} end
end

-- A generation that waited when a restored store was accepted may have been submitted in the lost time: 'uncertain'.
local function state_after_restore(generation, state, created, deadline, run_ms, now)
  if state ~= 'queued' then return state, deadline end
  local accepted = tonumber(redis.call('HGET', 'gw:history', 'accepted_ms') or 0)
  if tonumber(created) >= accepted then return state, deadline end
  local ends = string.format('%.0f', math.min(tonumber(deadline), now + run_ms))
  redis.call('HSET', generation, 'state', 'uncertain', 'deadline_ms', ends)
  return 'uncertain', ends
end
