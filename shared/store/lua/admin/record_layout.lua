-- record_layout: record the layout's version in the store. It only ever rises; an older program gets the newer version.
-- ARGV: version (the caller's)
-- Keys: gw:schema
-- Returns {'agreed', version} | {'newer', version}
local mine = tonumber(ARGV[1])
local theirs = tonumber(redis.call('GET', 'gw:schema') or 0)
if theirs > mine then return {'newer', theirs} end
if theirs < mine then redis.call('SET', 'gw:schema', mine) end
return {'agreed', mine}
