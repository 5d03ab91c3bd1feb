-- admit_next: let others have the slot that became free at a provider. Mostly nobody waits for it. The part `admit`
-- precedes this one.
-- Keys: gw:backlogs:<account>:<provider> gw:turns:<provider>
-- Returns nothing
local function admit_next(account, provider, now)
  if redis.call('EXISTS', 'gw:backlogs:' .. account .. ':' .. provider, 'gw:turns:' .. provider) == 0 then return end
  join_round_robin(account, provider)
  admit(provider, now)
end
