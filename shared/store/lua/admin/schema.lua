-- schema: which version of the layout is in the store. A newer program raises it and never back; an older one is told.
-- ARGV: version of the caller
-- Keys: gw:schema
-- Returns {'agreed', version} | {'newer', version}
local mine = tonumber(ARGV[1])
local theirs = tonumber(redis.call('GET', 'gw:schema') or 0)
if theirs > mine then return {'newer', theirs} end
if theirs < mine then redis.call('SET', 'gw:schema', mine) end
return {'agreed', mine}
