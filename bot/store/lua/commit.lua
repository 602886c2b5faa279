-- One change as a whole: record, version, chain, audit, indexes, claims, credential and due time.
-- Every check comes before the first write, since Redis keeps what a failing script wrote.

local k = {}
k.record, k.trail, k.op, k.due, k.lease, k.work, k.over = unpack(KEYS, 1, 7)
local claims, open, audit, sequence, all, mine = unpack(KEYS, 8, 13)
local index, last = {}, 13
for name in string.gmatch(arg.states, '%S+') do
  last = last + 1
  index[name] = KEYS[last]
end
local credential = KEYS[last + 1]

local id, new = arg.id, arg.version == '1'
local ended, wanted = arg.ended == '1', cjson.decode(arg.claims)

-- A note under the same token does not count: somebody refused earlier may be allowed by now.
if redis.call('GET', k.op) == 'commit' then return {'ok'} end

local stored = redis.call('HMGET', k.record, 'version', 'head', 'state', 'ended')
local version, head, state, was_ended = unpack(stored)
if not new then
  if not version then return {'missing'} end
  if arg.fence and not holds(k.lease, k.work, id, arg.fence) then return {'stale'} end
end
if tonumber(version or 0) ~= tonumber(arg.version) - 1 then return {'conflict'} end
if (head or '') ~= arg.head then return {'conflict'} end
if arg.not_after and shifted > tonumber(arg.not_after) then return {'late'} end
if new then
  local has = tonumber(redis.call('HGET', open, arg.requester) or 0)
  if arg.open_limit and has >= tonumber(arg.open_limit) then return {'crowded'} end
  for _, claim in ipairs(wanted) do
    local holder = redis.call('HGET', claims, claim)
    if holder and holder ~= id then return {'taken', claim, holder} end
  end
end

redis.call('HSET', k.record, 'record', arg.record, 'version', arg.version, 'head', arg.mac)
redis.call('HSET', k.record, 'state', arg.state, 'ended', arg.ended)
redis.call('RPUSH', k.trail, arg.entry)
append(audit, sequence, arg.entry)

if new then
  redis.call('ZADD', all, arg.created, id)
  redis.call('ZADD', mine, arg.created, id)
  for _, claim in ipairs(wanted) do redis.call('HSET', claims, claim, id) end
elseif state ~= arg.state then
  redis.call('ZREM', index[state], id)
end
redis.call('ZADD', index[arg.state], arg.created, id)

local function release(names, holder)
  for _, claim in ipairs(names) do
    if redis.call('HGET', claims, claim) == holder then redis.call('HDEL', claims, claim) end
  end
end

-- A request that is done leaves its claims to the credential, which has the same id.
if ended and arg.state ~= 'done' then release(wanted, id) end
if arg.credential then
  redis.call('SET', credential, arg.credential)
  if arg.credential_gone then
    redis.call('PEXPIRE', credential, arg.keep)
    release(cjson.decode(arg.credential_claims), arg.credential_gone)
  end
end

-- A requester's index lasts while they have a request that has not ended, then as long as its
-- requests are kept.
local before, after = (new or was_ended == '1') and 0 or 1, ended and 0 or 1
if after ~= before and redis.call('HINCRBY', open, arg.requester, after - before) <= 0 then
  redis.call('HDEL', open, arg.requester)
end
if redis.call('HEXISTS', open, arg.requester) == 1 then
  redis.call('PERSIST', mine)
else
  redis.call('PEXPIRE', mine, arg.keep_index)
end

if not arg.fence then wake(k, id) end
redis.call('SET', k.op, 'commit', 'PX', arg.keep_op)

-- Forget what has expired since, a little with each change.
local gone = redis.call('ZRANGEBYSCORE', k.over, '-inf', now, 'LIMIT', 0, 50)
if #gone > 0 then
  for _, key in pairs(index) do redis.call('ZREM', key, unpack(gone)) end
  redis.call('ZREM', all, unpack(gone))
  redis.call('ZREM', k.over, unpack(gone))
end
if new then
  for _, old in ipairs(redis.call('ZRANGE', mine, 0, 4)) do
    if not redis.call('ZSCORE', all, old) then redis.call('ZREM', mine, old) end
  end
end
return {'ok'}
