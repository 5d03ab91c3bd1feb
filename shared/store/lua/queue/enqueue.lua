-- enqueue: arq's enqueue_job in one step, with a bell for the workers. Do nothing if the job or its result exists.
-- ARGV: queue, id, payload, due_ms, expires_ms ('': never)
-- Keys: arq:job:<id> arq:result:<id>; the queue and its bell are named by the caller
-- Returns {'enqueued'} | {'already'}
--@include queue
local queue, id, data, due, expires = unpack(ARGV)
if redis.call('EXISTS', 'arq:job:' .. id, 'arq:result:' .. id) > 0 then return {'already'} end
if expires == '' then redis.call('SET', 'arq:job:' .. id, data) else redis.call('SET', 'arq:job:' .. id, data, 'PX', expires) end
redis.call('ZADD', queue, due, id)
ring(queue)
return {'enqueued'}
