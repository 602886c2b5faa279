-- Gives a lease back and says when the request is due next. An ended one with nothing due is over,
-- unless a credential of it lives: it is kept for a while, and then forgotten with all its keys.

local k = {}
k.record, k.trail, k.op, k.due, k.lease, k.work, k.over, k.listed = unpack(KEYS)
local id = arg.id

local function drop(...)
  local fields = {}
  for _, name in ipairs({...}) do fields[#fields + 1] = name .. ':' .. id end
  return redis.call('HDEL', k.work, unpack(fields))
end

if redis.call('EXISTS', k.op) == 1 then return {'ok'} end
if not holds(k.lease, k.work, id, arg.fence) then return {'stale'} end

redis.call('ZREM', k.lease, id)
local version, ended = unpack(redis.call('HMGET', k.record, 'version', 'ended'))
if not version then
  drop('fence', 'tries', 'owner', 'again')
  return {'missing'}
end
drop('owner')
if arg.reset then drop('tries') end

if drop('again') == 1 or version ~= arg.seen then
  redis.call('ZADD', k.due, shifted, id)
elseif arg.due then
  redis.call('ZADD', k.due, arg.due, id)
elseif ended == '1' and redis.call('HEXISTS', k.listed, 'credential:' .. id) == 0 then
  redis.call('HSET', k.record, 'fence', arg.fence)
  drop('fence', 'tries')
  redis.call('PEXPIRE', k.record, arg.keep)
  redis.call('PEXPIRE', k.trail, arg.keep)
  redis.call('ZADD', k.over, now + arg.keep, id)
end
redis.call('SET', k.op, 'settle', 'PX', arg.keep_op)
return {'ok'}
