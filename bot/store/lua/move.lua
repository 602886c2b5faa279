-- Replaces what is remembered about the audit stream, and removes entries with it: both or neither.

local mark, audit = unpack(KEYS)
local current = redis.call('GET', mark)
if current == arg.value then return {'ok'} end
if (current or '') ~= arg.seen then return {'conflict'} end
redis.call('SET', mark, arg.value)
local gone = cjson.decode(arg.remove)
if #gone > 0 then redis.call('XDEL', audit, unpack(gone)) end
return {'ok'}
