-- A request's record and trail and its credential of the same moment: several commands would see several.

local record, trail, credential = unpack(KEYS)
local fields = redis.call('HMGET', record, 'record', 'head', 'state', 'version')
local found = redis.call('LRANGE', trail, 0, -1)
table.insert(found, 1, redis.call('GET', credential) or '')
for i = 4, 1, -1 do table.insert(found, 1, fields[i] or '') end
return found
