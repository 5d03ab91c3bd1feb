-- read_quota: return how much of today's quota an account has used.
-- ARGV: account, or a guest's
-- Keys: gw:account:<id> gw:plan:<name>
-- Returns {'quota', limit (-1: unlimited), used, reset_ms} | {'unknown_plan', plan}
--@include now
--@include payment
local account = ARGV[1]
local plan = redis.call('HGET', 'gw:account:' .. account, 'plan') or 'guest'
local limit = redis.call('HGET', 'gw:plan:' .. plan, 'daily_quota')
if not limit then return {'unknown_plan', plan} end
local day = math.floor(now / DAY_MS)
local used = tonumber(redis.call('GET', quota_key(account, day)) or 0)
return {'quota', tonumber(limit), used, (day + 1) * DAY_MS}
