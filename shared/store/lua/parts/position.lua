-- position: how many jobs and waiting generations of its account are ahead of a generation.
-- Keys: gw:backlogs:<account>:<provider> arq:queue:<provider>
-- Returns nothing
-- -1: it does not wait.
local function position(id, account, provider, state)
  local queue = 'arq:queue:' .. provider
  if state == 'queued' then return redis.call('ZRANK', queue, id) or -1 end
  if state ~= 'backlog' then return -1 end
  return (redis.call('ZRANK', 'gw:backlogs:' .. account .. ':' .. provider, id) or 0) + redis.call('ZCARD', queue)
end
