-- retry: make a generation's job due now, for an operator. A generation that its provider has is polled, not submitted;
-- one that a provider may have is not touched.
-- ARGV: id
-- Keys: gw:generation:<id> arq:queue:<provider> arq:retry:<id>
-- Returns {'due', state} | {'looks', state} | {'waits', state} | {'with_provider', state} | {'closed', state}
-- Returns {'missing'}
--@include now
--@include queue
--@include feed
--@include admit
local id = ARGV[1]
local generation = 'gw:generation:' .. id
local account, provider, state, hold_ms =
  unpack(redis.call('HMGET', generation, 'account', 'provider', 'state', 'hold_ms'))
if not state then return {'missing'} end
if state == 'completed' or state == 'failed' then return {'closed', state} end
if state == 'submitting' or state == 'uncertain' then return {'with_provider', state} end
if state == 'backlog' then
  join_round_robin(account, provider)
  admit(provider, now)
  return {'waits', redis.call('HGET', generation, 'state')}
end
if not redis.call('ZSCORE', 'arq:queue:' .. provider .. ':leases', id) then
  redis.call('HDEL', generation, 'refusals')
  redis.call('DEL', 'arq:retry:' .. id)
  take_slot(account, provider, id, now, tonumber(hold_ms or 0))
end
if state == 'pending' then return {'looks', state} end
return {'due', state}
