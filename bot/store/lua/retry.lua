-- Makes a request that is worked on due at once, with its tries counted anew; whatever it waits for.

local k = {}
k.record, k.trail, k.due, k.lease, k.work, k.over = unpack(KEYS)

local state = redis.call('HGET', k.record, 'state')
if not state then return {'missing'} end
if state ~= 'approved' and state ~= 'running' then return {'conflict'} end
redis.call('HDEL', k.work, 'tries:' .. arg.id)
wake(k, arg.id)
return {'ok'}
