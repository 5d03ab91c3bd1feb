-- change_account: change an account's name, plan or state. A new plan applies to the orders that wait, too.
-- ARGV: account, then names and values of fields: name, plan, state ('suspended' | '')
-- Keys: gw:account:<id>
-- Returns {'changed'} | {'closed'} | {'missing'}
--@include now
--@include queue
--@include feed
--@include admit
--@include admit_account
--@include records
local account, record = ARGV[1], 'gw:account:' .. ARGV[1]
local created, state = unpack(redis.call('HMGET', record, 'created_ms', 'state'))
if not created then return {'missing'} end
if state == 'closed' then return {'closed'} end
for at = 2, #ARGV, 2 do
  if ARGV[at + 1] == '' then redis.call('HDEL', record, ARGV[at]) else redis.call('HSET', record, ARGV[at], ARGV[at + 1]) end
end
note_record('account:' .. account, FACTS_MAX)
admit_account(account, now)
return {'changed'}
