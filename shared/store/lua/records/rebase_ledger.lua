-- rebase_ledger: continue the ledger of an account of an older store behind the lines that the database has. The lines
-- that both have are folded, and the next line gets the number behind the database's.
-- ARGV: account, opening line ('': none), lines (to fold), number (of the last line that the opening line stands for),
--   events (the account's)
-- Keys: gw:ledger:<account> gw:account:<account>
-- Returns {'rebased', sum, now} | {'changed'}
--@include now
local ledger, lines = 'gw:ledger:' .. ARGV[1], tonumber(ARGV[3])
local head = redis.call('LINDEX', ledger, 0) or ''
local sum, topups = string.match(head, '^%d+ opening (%S+) %d+ (%S+)$')
local openings = sum and 1 or 0
if (sum and head or '') ~= ARGV[2] or redis.call('LLEN', ledger) - openings < lines then return {'changed'} end
sum, topups = tonumber(sum or 0), tonumber(topups or 0)
for _, line in ipairs(lines > 0 and redis.call('LRANGE', ledger, openings, openings + lines - 1) or {}) do
  local kind, amount = string.match(line, '^%d+ (%S+) (%S+) ')
  sum = sum + (tonumber(amount or '') or 0)
  if kind == 'top_up' or kind == 'dispute' or kind == 'close' then topups = topups + (tonumber(amount or '') or 0) end
end
if openings + lines > 0 then redis.call('LPOP', ledger, openings + lines) end
redis.call('LPUSH', ledger, string.format('%.0f opening %.0f %.0f %.0f', now, sum, ARGV[4], topups))
redis.call('HSET', 'gw:account:' .. ARGV[1], 'events', ARGV[5])
return {'rebased', sum, now}
