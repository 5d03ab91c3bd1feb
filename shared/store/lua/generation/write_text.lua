-- write_text: append a model's text to its account's feed, each part of it once.
-- ARGV: id, offset (of the text, in characters), length (in characters), text ('' only reads whether to go on)
-- Keys: gw:generation:<id>
-- Returns {'written', length (of all of it so far)} | {'stop'} (its owner canceled it) | {'closed'}
--@include feed
local id, offset, length, text = unpack(ARGV)
local generation = 'gw:generation:' .. id
local account, state, cancel, written =
  unpack(redis.call('HMGET', generation, 'account', 'state', 'cancel_ms', 'written'))
if not state or state == 'completed' or state == 'failed' then return {'closed'} end
written = tonumber(written or 0)
if text ~= '' and tonumber(offset) == written then
  written = written + length
  redis.call('HSET', generation, 'written', written, 'watched', 1)
  append_event(account, 1, id, 'text', 'offset', offset, 'text', text)
end
if cancel then return {'stop'} end
return {'written', written}
