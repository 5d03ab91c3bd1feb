-- close_account: close an account for good: revoke its keys, end its sessions, and end its balance by a ledger line. It
-- may have no open generations, whose refunds would come after that.
-- ARGV: account, reference (of that line: it says whether the balance was paid out or forfeited; a debt is written off), by
-- Keys: gw:account:<id> gw:keys:<account> gw:sessions:<account> gw:providers gw:active:<account>:<provider> gw:backlogs:<account>:<provider>
-- Returns {'closed', amount} | {'already'} | {'open', generations} | {'missing'}
--@include now
--@include queue
--@include events
--@include records
--@include security
--@include account_keys
--@include credits
local account, reference, by = unpack(ARGV)
local record, open = 'gw:account:' .. account, 0
local topup, spent, low, state = unpack(redis.call('HMGET', record, 'topup', 'spent', 'low', 'state'))
if not topup then return {'missing'} end
if state == 'closed' then return {'already'} end
for _, provider in ipairs(redis.call('SMEMBERS', 'gw:providers')) do
  local lane = account .. ':' .. provider
  open = open + redis.call('SCARD', 'gw:active:' .. lane) + redis.call('ZCARD', 'gw:backlogs:' .. lane)
end
if open > 0 then return {'open', open} end
local lines = redis.call('HGETALL', 'gw:keys:' .. account)
by = actor_of(account, by)
for at = 1, #lines, 2 do
  remove_key(account, lines[at], lines[at + 1], now)
  note_security(account, 'key.revoked', lines[at], hint_of(lines[at + 1]), by, now)
end
if topup - spent ~= 0 then add_money(account, spent - topup, reference, low, now, 'close') end
redis.call('DEL', 'gw:sessions:' .. account)
redis.call('HSET', record, 'state', 'closed')
note_record('account:' .. account, FACTS_MAX)
return {'closed', topup - spent}
