-- A request's record and trail of the same moment: two commands would see two.

local record, trail = unpack(KEYS)
local fields = redis.call('HMGET', record, 'record', 'head', 'state', 'version')
local found = redis.call('LRANGE', trail, 0, -1)
for i = 4, 1, -1 do table.insert(found, 1, fields[i] or '') end
return found
