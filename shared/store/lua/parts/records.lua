-- records: hand ended records to the archiver, through a stream that exists while the deployment has a database.
-- Keys: gw:records gw:records-swept gw:generation:<id>
-- Returns nothing
-- A full stream takes no more ended records: each stays in the store until a sweep of the archiver finds it.
local RECORDS_MAX, FACTS_MAX = 500000, 600000

-- Whether there is a database, so that a record must not expire before the archiver has it.
local function note_record(record, max)
  local entry = redis.call('XADD', 'gw:records', 'NOMKSTREAM', '*', 'record', record)
  if entry and redis.call('XLEN', 'gw:records') > (max or RECORDS_MAX) then
    redis.call('XDEL', 'gw:records', entry)
    redis.call('DEL', 'gw:records-swept')
  end
  return entry ~= false
end

-- Hand a generation over again, because its record changed after its end.
local function note_change_after_end(id, now)
  redis.call('HSET', 'gw:generation:' .. id, 'changed_ms', now)
  if note_record('generation:' .. id) then redis.call('PERSIST', 'gw:generation:' .. id) end
end
