-- note_customer: record an account's customer at Stripe, once, and number a question about the customer's subscriptions.
-- ARGV: account, customer ('': record none)
-- Keys: gw:account:<id>
-- Returns {'known', customer ('': none), number} | {'missing'}
local account, customer = unpack(ARGV)
local record = 'gw:account:' .. account
if redis.call('EXISTS', record) == 0 then return {'missing'} end
if customer ~= '' then redis.call('HSETNX', record, 'customer', customer) end
local known = redis.call('HGET', record, 'customer') or ''
return {'known', known, redis.call('HINCRBY', record, 'questions', 1)}
