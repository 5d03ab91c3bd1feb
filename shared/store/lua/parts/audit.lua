-- audit: run a verb and record the operator's action with its outcome. The verb precedes this part, as a function.
-- ARGV: 'who', 'what', 'on' (the changed object), 'detail', then the arguments of the verb
-- Keys: gw:audit
-- Returns nothing
--@include records
local LINES_MAX = 10000
local who, what, on, detail = unpack(ARGV, 1, 4)
for _ = 1, 4 do table.remove(ARGV, 1) end
local reply = verb()
local clock = redis.call('TIME')
local line = {at_ms = clock[1] * 1000 + math.floor(clock[2] / 1000), who = who, what = what, on = on,
  detail = detail, outcome = reply[1]}
line = cjson.encode(line)
redis.call('LPUSH', 'gw:audit', line)
redis.call('LTRIM', 'gw:audit', 0, LINES_MAX - 1)
note_record('audit:' .. line, FACTS_MAX)
return reply
