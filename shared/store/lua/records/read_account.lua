-- read_account: return an account with the ledger lines and security events that the database lacks, all of one moment.
-- ARGV: account, sequence (of the database's last line), events (the database's last), lines_max
-- Keys: gw:account:<id> gw:ledger:<account> gw:account-events:<account>
-- Returns {'read', opening line or '', first (sequence of the first returned line), lines (in the ledger, without
--   the opening line), [line ...], [account field, value ...], [event, newest first ...]}
-- Returns {'missing'}
local account, sequence, events, lines_max = unpack(ARGV)
local ledger = 'gw:ledger:' .. account
local fields = redis.call('HGETALL', 'gw:account:' .. account)
if #fields == 0 then return {'missing'} end
local head = redis.call('LINDEX', ledger, 0) or ''
local folded = tonumber(string.match(head, '^%d+ opening %S+ (%d+) '))
local skipped, openings = folded or 0, folded and 1 or 0
local first = math.max(tonumber(sequence), skipped) + 1
local at = first - skipped - 1 + openings
local new = tonumber(redis.call('HGET', 'gw:account:' .. account, 'events') or 0) - events
return {'read', folded and head or '', first, redis.call('LLEN', ledger) - openings,
  redis.call('LRANGE', ledger, at, at + lines_max - 1), fields,
  new > 0 and redis.call('LRANGE', 'gw:account-events:' .. account, 0, new - 1) or {}}
