-- The records of several requests, in the order of their keys.

local found = {}
for n, record in ipairs(KEYS) do found[n] = redis.call('HGET', record, 'record') end
return found
