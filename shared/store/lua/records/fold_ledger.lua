-- fold_ledger: replace an account's oldest ledger lines by one opening line with their sum. The newest lines stay, and so
-- does every line that the database lacks.
-- ARGV: account, sequence (of the database's last line)
-- Keys: gw:ledger:<account>
-- Returns {'folded', count}
local LINES_KEPT, SLACK, STEP = 200, 100, 500
local ledger, sequence = 'gw:ledger:' .. ARGV[1], tonumber(ARGV[2])
local head = redis.call('LINDEX', ledger, 0) or ''
local sum, folded, topups = string.match(head, '^%d+ opening (%S+) (%d+) (%S+)$')
local openings = folded and 1 or 0
local lines = redis.call('LLEN', ledger) - openings
sum, folded, topups = tonumber(sum or 0), tonumber(folded or 0), tonumber(topups or 0)
local count = math.min(lines - LINES_KEPT, sequence - folded, STEP)
if lines <= LINES_KEPT + SLACK or count <= 0 then return {'folded', 0} end
local last
for _, line in ipairs(redis.call('LRANGE', ledger, openings, openings + count - 1)) do
  local at, kind, amount = string.match(line, '^(%d+) (%S+) (%S+) ')
  if not tonumber(amount or '') then return {'folded', 0} end
  sum, last = sum + amount, at
  if kind == 'top_up' or kind == 'dispute' or kind == 'close' then topups = topups + amount end
end
redis.call('LPOP', ledger, openings + count)
redis.call('LPUSH', ledger, string.format('%s opening %.0f %.0f %.0f', last, sum, folded + count, topups))
return {'folded', count}
