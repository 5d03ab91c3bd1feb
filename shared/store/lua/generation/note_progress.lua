-- note_progress: append the progress that a provider reports to the account's feed, if it is another one.
-- ARGV: id, percent
-- Keys: gw:generation:<id>
-- Returns {'noted'} | {'kept'}
--@include feed
local id, percent = unpack(ARGV)
local generation = 'gw:generation:' .. id
local account, watched, known = unpack(redis.call('HMGET', generation, 'account', 'watched', 'percent'))
if not watched or known == percent then return {'kept'} end
redis.call('HSET', generation, 'percent', percent)
append_event(account, watched, id, 'progress', 'percent', percent)
return {'noted'}
