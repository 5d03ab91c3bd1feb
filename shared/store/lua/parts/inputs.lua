-- inputs: drop the inputs of an ended generation that no answer shows, and give its uploads to the sweeper to delete.
-- Keys: gw:uploads; the generation's key is the caller's
-- Returns nothing
-- A specification with such inputs is \193, the length of what is shown, that part, and the inputs.
local SPLIT, HEAD_BYTES = 193, 5

local function drop_inputs(generation, spec, uploads)
  for path in string.gmatch(uploads or '', '%S+') do redis.call('SADD', 'gw:uploads', path) end
  if string.byte(spec, 1) ~= SPLIT then return end
  local length = struct.unpack('>I4', string.sub(spec, 2, HEAD_BYTES))
  redis.call('HSET', generation, 'spec', string.sub(spec, HEAD_BYTES + 1, HEAD_BYTES + length))
end
