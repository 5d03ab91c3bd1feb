-- set_mode: pause a provider ('pause': no submits), drain it ('drain': no new orders) or resume it ('').
-- ARGV: provider, mode
-- Keys: gw:provider:<name>
-- Returns {'paused', before} | {'drained', before} | {'resumed', before}; before is the mode until now, '' for none
local provider, mode = unpack(ARGV)
local key = 'gw:provider:' .. provider
local before = redis.call('HGET', key, 'held') or ''
if mode == '' then
  redis.call('HDEL', key, 'held')
  return {'resumed', before}
end
redis.call('HSET', key, 'held', mode)
if mode == 'pause' then return {'paused', before} end
return {'drained', before}
