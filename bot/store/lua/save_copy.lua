-- Remembers one copy. One that is behind makes the request due, unless a worker saves it itself.

local k = {}
k.record, k.trail, k.due, k.lease, k.work, k.over = unpack(KEYS)

local version = redis.call('HGET', k.record, 'version')
if not version then return {'missing'} end
if arg.fence and not holds(k.lease, k.work, arg.id, arg.fence) then return {'stale'} end
redis.call('HSET', k.record, arg.field, arg.copy)
if not arg.fence and tonumber(arg.shown) < tonumber(version) then wake(k, arg.id) end
return {'ok'}
