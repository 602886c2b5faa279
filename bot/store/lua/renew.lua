-- Lengthens a lease that is still the caller's.

local lease, work = unpack(KEYS)
if not holds(lease, work, arg.id, arg.fence) then return {'stale'} end
redis.call('ZADD', lease, now + tonumber(arg.lease), arg.id)
return {'ok'}
