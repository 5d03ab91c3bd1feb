-- record_attempt: record an attempt of a delivery, the delivery's end if it was the last, and the endpoint's health.
-- ARGV: id, attempt (1 is the first), state ('pending' | 'delivered' | 'dead'), line (JSON), keep_ms,
--       health ('well' | 'ill' | 'gone' | '': nothing was posted), took_ms, silent ('1': no answer | ''), slow_max
-- Keys: gw:delivery:<id> gw:deliveries:open gw:dead arq:queue:webhooks
-- A success and a 410 count even if the dispatcher that reports them has lost the job.
-- Returns {'recorded', disabled (1: the endpoint was disabled now), opened (1: its breaker was opened now)}
-- Returns {'already'} | {'ended', state} | {'missing'}
--@include now
--@include queue
--@include events
--@include health
--@include lanes
--@include held
--@include records
local LOG_BYTES_MAX, DEAD_MAX = 10000, 10000
local id, attempt, state, line, keep_ms, health, took_ms, silent, slow_max = unpack(ARGV)
slow_max = tonumber(slow_max)
local key = 'gw:delivery:' .. id
local was, attempts, log, endpoint, account =
  unpack(redis.call('HMGET', key, 'state', 'attempts', 'log', 'endpoint', 'account'))
if not was then return {'missing'} end
attempts = tonumber(attempts) or 0
if was ~= 'pending' then
  release(id, endpoint, account, slow_max, now)
  return {'ended', was}
end
local final = health == 'well' or health == 'gone'
if tonumber(attempt) <= tonumber(attempts) and not final then
  release(id, endpoint, account, slow_max, now)
  return {'already'}
end
log = log and log .. '\n' .. line or line
while #log > LOG_BYTES_MAX and string.find(log, '\n', 1, true) do log = string.match(log, '\n(.*)$') end
local fields = {key, 'attempts', math.max(attempt, attempts), 'state', state, 'log', log}
if state ~= 'pending' then fields[#fields + 1], fields[#fields + 2] = 'ended_ms', now end
redis.call('HSET', unpack(fields))
local disabled, opened = false, health ~= '' and note_post(endpoint, tonumber(took_ms), silent == '1', now)
if health == 'well' then note_success(endpoint)
elseif health ~= '' then disabled = note_failure(account, endpoint, health == 'gone', now) end
if state ~= 'pending' then
  redis.call('ZREM', 'gw:deliveries:open', id)
  dequeue('arq:queue:webhooks', 'deliver:' .. id)
  if not note_record('delivery:' .. id) then redis.call('PEXPIRE', key, keep_ms) end
  if state == 'dead' then
    redis.call('ZADD', 'gw:dead', now, id)
    redis.call('ZREMRANGEBYRANK', 'gw:dead', 0, -DEAD_MAX - 1)
  end
end
release(id, endpoint, account, slow_max, now)
return {'recorded', disabled and 1 or 0, opened and 1 or 0}
