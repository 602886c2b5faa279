-- An audit entry that changes no state. Without a record's keys it continues the deployment's own chain.

local op, chain, audit, sequence, record, trail = unpack(KEYS)

if redis.call('EXISTS', op) == 1 then return {'ok'} end
local head
if record then
  head = redis.call('HGET', record, 'head')
  if not head then return {'missing'} end
else
  head = redis.call('GET', chain) or ''
end
if head ~= arg.head then return {'conflict'} end

if record then
  redis.call('HSET', record, 'head', arg.mac)
  redis.call('RPUSH', trail, arg.entry)
else
  redis.call('SET', chain, arg.mac)
end
append(audit, sequence, arg.entry)
redis.call('SET', op, 'note', 'PX', arg.keep_op)
return {'ok'}
