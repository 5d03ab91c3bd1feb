-- subscribe_account: set the plan that an account's subscription pays, or the plan before it once the subscription ended.
-- An answer to an earlier question than that of the last change is out of date, and changes nothing.
-- ARGV: account, number (of the question), plan ('': no subscription)
-- Keys: gw:account:<id>
-- Returns {'changed'} | {'same'} | {'stale'} | {'closed'} | {'missing'}
--@include now
--@include queue
--@include feed
--@include admit
--@include admit_account
--@include records
local account, number, plan = unpack(ARGV)
local record = 'gw:account:' .. account
local current, before, answered, state = unpack(redis.call('HMGET', record, 'plan', 'plan_before', 'answered', 'state'))
if not current then return {'missing'} end
if state == 'closed' then return {'closed'} end
if tonumber(number) < tonumber(answered or 0) then return {'stale'} end
redis.call('HSET', record, 'answered', number)
if plan == '' then
  plan = before or current
  redis.call('HDEL', record, 'plan_before')
elseif not before then
  redis.call('HSET', record, 'plan_before', current)
end
if plan == current then return {'same'} end
redis.call('HSET', record, 'plan', plan)
note_record('account:' .. account, FACTS_MAX)
admit_account(account, now)
return {'changed'}
