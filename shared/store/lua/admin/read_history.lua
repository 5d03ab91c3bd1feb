-- read_history: return the history of the store's contents. A store without one begins it.
-- ARGV: id (of the history to begin; '' begins none)
-- Keys: gw:history
-- Returns {'history', id ('': none), sequence, accepted_ms, fenced (the reason, or ''), now_ms}
--@include now
local id, sequence, accepted, fenced =
  unpack(redis.call('HMGET', 'gw:history', 'id', 'sequence', 'accepted_ms', 'fenced'))
if not id and not fenced and ARGV[1] ~= '' then
  id = ARGV[1]
  redis.call('HSET', 'gw:history', 'id', id)
end
return {'history', id or '', tonumber(sequence or 0), tonumber(accepted or 0), fenced or '', now}
