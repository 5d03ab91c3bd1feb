-- now: the server's clock in Unix ms, the only clock that decides anything about a generation.
-- Keys: none
-- Returns nothing
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_us = clock[1] * 1000000 + clock[2]
