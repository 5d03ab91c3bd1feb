-- expire_uploads: forget uploads that have expired, and give their files to the sweeper to delete.
-- ARGV: count
-- Keys: gw:uploads-due
-- Returns {'expired', count}
--@include now
--@include uploads
local due = redis.call('ZRANGEBYSCORE', 'gw:uploads-due', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do drop_upload(id) end
return {'expired', #due}
