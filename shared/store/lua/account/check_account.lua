-- check_account: return an account's totals and disputes, and the length of its ledger and its opening line at that moment.
-- ARGV: account
-- Keys: gw:account:<id> gw:ledger:<account>
-- Returns {'seen', topup, spent, lines, opening ('': none), disputed} | {'missing'}
local topup, spent, disputed = unpack(redis.call('HMGET', 'gw:account:' .. ARGV[1], 'topup', 'spent', 'disputed'))
if not tonumber(topup or '') or not tonumber(spent or '') then return {'missing'} end
local head = redis.call('LINDEX', 'gw:ledger:' .. ARGV[1], 0) or ''
return {'seen', tonumber(topup), tonumber(spent), redis.call('LLEN', 'gw:ledger:' .. ARGV[1]),
  string.match(head, '^%d+ opening .*') or '', tonumber(disputed or 0)}
