-- delete_upload: forget an upload of an account, and give its file to the sweeper to delete.
-- ARGV: id, account
-- Keys: gw:upload:<id>
-- Returns {'deleted'} | {'missing'}
--@include uploads
local id, account = unpack(ARGV)
if redis.call('HGET', 'gw:upload:' .. id, 'account') ~= account then return {'missing'} end
drop_upload(id)
return {'deleted'}
