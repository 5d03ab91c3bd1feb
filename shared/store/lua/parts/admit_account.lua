-- admit_account: let a new plan apply to the orders of an account that wait.
-- Keys: gw:providers
-- Returns nothing
local function admit_account(account, now)
  for _, provider in ipairs(redis.call('SMEMBERS', 'gw:providers')) do
    join_round_robin(account, provider)
    admit(provider, now)
  end
end
