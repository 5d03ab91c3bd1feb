-- grant_trial: add the trial credit to a new account, once, up to the most that all accounts get in a day (UTC).
-- ARGV: account, amount, day_max (micro-USD)
-- Keys: gw:account:<id> gw:top-ups:<account> gw:trials:<day>
-- Returns {'granted', balance} | {'already'} | {'exhausted', left} | {'missing'}
--@include now
--@include records
--@include credits
local REFERENCE, DAY_MS, KEPT_MS = 'trial', 86400000, 172800000
local account, amount, day_max = unpack(ARGV)
local low, created = unpack(redis.call('HMGET', 'gw:account:' .. account, 'low', 'created_ms'))
if not created then return {'missing'} end
if redis.call('HEXISTS', 'gw:top-ups:' .. account, REFERENCE) == 1 then return {'already'} end
local day = 'gw:trials:' .. math.floor(now / DAY_MS)
local given = tonumber(redis.call('GET', day) or 0)
if given + amount > tonumber(day_max) then return {'exhausted', day_max - given} end
redis.call('SET', day, string.format('%.0f', given + amount), 'PX', KEPT_MS)
return {'granted', add_money(account, tonumber(amount), REFERENCE, low, now)}
