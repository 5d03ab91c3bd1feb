-- later_entry: compare entries of a stream.
-- Keys: none
-- Returns nothing

-- Whether the entry `one` is later than `other`; '' stands for none.
local function is_later(one, other)
  if one == '' or other == '' then return one ~= '' end
  local ms, number = string.match(one, '^(%d+)-(%d+)$')
  local other_ms, other_number = string.match(other, '^(%d+)-(%d+)$')
  ms, other_ms = tonumber(ms), tonumber(other_ms)
  return ms > other_ms or (ms == other_ms and tonumber(number) > tonumber(other_number))
end
