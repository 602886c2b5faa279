-- True for one caller only; that caller may ask again, as a client does whose answer was lost.

local once = KEYS[1]
if redis.call('SET', once, arg.caller, 'NX', 'PX', arg.ttl) then return {'ok'} end
return {redis.call('GET', once) == arg.caller and 'ok' or 'conflict'}
