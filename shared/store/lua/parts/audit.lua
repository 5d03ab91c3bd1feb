-- audit: what an operator did, on what and with which outcome; the verb itself stands before this, as a function.
-- ARGV: who, what, on (what it was done to), detail, then the verb's own
-- Keys: gw:audit
-- Returns nothing
local LINES_MAX = 10000
local who, what, on, detail = unpack(ARGV, 1, 4)
for _ = 1, 4 do table.remove(ARGV, 1) end
local reply = verb()
local clock = redis.call('TIME')
local line = {at_ms = clock[1] * 1000 + math.floor(clock[2] / 1000), who = who, what = what, on = on,
  detail = detail, outcome = reply[1]}
redis.call('LPUSH', 'gw:audit', cjson.encode(line))
redis.call('LTRIM', 'gw:audit', 0, LINES_MAX - 1)
return reply
