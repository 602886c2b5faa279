-- In front of every script: the arguments by name, the time, and what several scripts share.

-- A Redis before 7 may be set to replicate a script's text, and then refuses a write after TIME.
if redis.replicate_commands then redis.replicate_commands() end

local arg = {}
for i = 1, #ARGV, 2 do arg[ARGV[i]] = ARGV[i + 1] end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- Leases and TTLs run on the server's time; deadlines and due times on the deployment's, which a
-- sandbox may set ahead of it.
local shifted = now + tonumber(arg.shift)

-- A fence holds until its lease is given back or taken over. A lapsed lease that nobody took
-- still counts: no other worker can have begun.
local function holds(lease, work, id, fence)
  return redis.call('ZSCORE', lease, id) and redis.call('HGET', work, 'fence:' .. id) == fence
end

-- Makes a request due at once; while somebody holds it, at once after that.
local function wake(k, id)
  if redis.call('ZSCORE', k.lease, id) then
    redis.call('HSET', k.work, 'again:' .. id, 1)
  else
    local due = redis.call('ZSCORE', k.due, id)
    if not due or tonumber(due) > shifted then redis.call('ZADD', k.due, shifted, id) end
  end
  -- It may have been over already; its fences go on from where they were.
  if redis.call('ZREM', k.over, id) == 1 then
    redis.call('PERSIST', k.record)
    redis.call('PERSIST', k.trail)
    redis.call('HSETNX', k.work, 'fence:' .. id, redis.call('HGET', k.record, 'fence') or 0)
  end
end

-- With the head that the entry continues, so that each can be checked by itself.
local function append(audit, sequence, entry)
  local number = redis.call('INCR', sequence)
  redis.call('XADD', audit, '*', 'seq', number, 'at', now, 'head', arg.head, 'entry', entry)
end

-- Each word after the first is the beginning of a list's entry, the first word what ends them all.
local function entries(text)
  local found, last = {}, nil
  for word in string.gmatch(text or '', '%S+') do
    if last then found[word .. last] = true else last = word end
  end
  return found
end

-- Has something stand in these lists ("" for none), and in no other.
local function list(k, field, text)
  local before = redis.call('HGET', k.listed, field) or ''
  if before == text then return end
  local old, new = entries(before), entries(text)
  for entry in pairs(old) do
    if not new[entry] then redis.call('ZREM', k.lists, entry) end
  end
  for entry in pairs(new) do
    if not old[entry] then redis.call('ZADD', k.lists, 0, entry) end
  end
  if text == '' then redis.call('HDEL', k.listed, field) else redis.call('HSET', k.listed, field, text) end
end

-- Takes requests that have expired out of all lists, a little at a time.
local function forget(k)
  local gone = redis.call('ZRANGEBYSCORE', k.over, '-inf', now, 'LIMIT', 0, 50)
  for _, id in ipairs(gone) do list(k, id, '') end
  if #gone > 0 then redis.call('ZREM', k.over, unpack(gone)) end
end

-- What follows: one script.
