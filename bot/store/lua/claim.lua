-- Takes due requests for a worker: those whose lease lapsed first, then those that came due.
-- Returns milliseconds until the next one (or an empty string), then id, fence, tries of each taken.

local due, lease, work, op = unpack(KEYS, 1, 4)
forget({over = KEYS[5], lists = KEYS[6], listed = KEYS[7]})

local limit = tonumber(arg.limit)
local taken = {}

local function add(id, fence, tries)
  redis.call('ZADD', lease, now + tonumber(arg.lease), id)
  taken[#taken + 1] = id
  taken[#taken + 1] = fence
  taken[#taken + 1] = tries
end

local function take(id)
  redis.call('ZREM', due, id)
  redis.call('HSET', work, 'owner:' .. id, arg.owner)
  redis.call('HDEL', work, 'again:' .. id)
  add(id, redis.call('HINCRBY', work, 'fence:' .. id, 1), redis.call('HINCRBY', work, 'tries:' .. id, 1))
end

local done = redis.call('GET', op)
if done then
  -- The answer was lost on its way: give the same one, with full leases, less what others took since.
  local before = cjson.decode(done)
  for i = 1, #before, 3 do
    if holds(lease, work, before[i], tostring(before[i + 1])) then
      add(before[i], before[i + 1], before[i + 2])
    end
  end
else
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', lease, '-inf', now, 'LIMIT', 0, limit)) do take(id) end
  local room = limit - #taken / 3
  if room > 0 then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', shifted, 'LIMIT', 0, room)) do take(id) end
  end
  if #taken > 0 then redis.call('SET', op, cjson.encode(taken), 'PX', arg.keep_op) end
end

local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
local lapse = redis.call('ZRANGE', lease, 0, 0, 'WITHSCORES')[2]
local wait = math.min(first and first - shifted or math.huge, lapse and lapse - now or math.huge)
table.insert(taken, 1, wait == math.huge and '' or math.max(0, wait))
return taken
