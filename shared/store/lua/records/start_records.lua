-- start_records: begin to hand ended records to archivers, all of which write to one database.
-- ARGV: database (its identity), entry (the last one in the database; '': none)
-- Keys: gw:records gw:records-state gw:records-swept
-- Returns {'started', 'same' | 'database_older' | 'store_older' | 'store_restored'} | {'other', database}
-- An older database gets everything again that the store still has. An older store needs an operator, who requests a
-- full sweep: store_restored.
--@include now
--@include later_entry
local known = redis.call('HGET', 'gw:records-state', 'database')
if known and known ~= ARGV[1] then return {'other', known} end
local entry, word = ARGV[2], 'same'
if redis.call('EXISTS', 'gw:records') == 0 then
  redis.call('HSET', 'gw:records-state', 'database', ARGV[1], 'since_ms', now)
  redis.call('XGROUP', 'CREATE', 'gw:records', 'archive', '0', 'MKSTREAM')
end
local archived = redis.call('HGET', 'gw:records-state', 'archived') or ''
if is_later(archived, entry) then
  word = 'database_older'
  redis.call('HDEL', 'gw:records-state', 'swept')
  redis.call('DEL', 'gw:records-swept')
elseif is_later(entry, archived) and #redis.call('XRANGE', 'gw:records', entry, entry) == 0 then
  word = redis.call('HEXISTS', 'gw:records-state', 'swept') == 1 and 'store_older' or 'store_restored'
end
if word == 'database_older' or word == 'store_restored' then
  redis.call('HSET', 'gw:records-state', 'archived', entry)
end
return {'started', word}
