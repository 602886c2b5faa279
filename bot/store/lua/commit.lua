-- One change as a whole: record, version, chain, audit, lists, claims, credential and due time.
-- Every check comes before the first write, since Redis keeps what a failing script wrote.

local k = {}
k.record, k.trail, k.op, k.due, k.lease, k.work, k.over = unpack(KEYS, 1, 7)
local claims, open, audit, sequence
k.lists, k.listed, claims, open, audit, sequence = unpack(KEYS, 8, 13)
-- A credential, and the record and trail of the request that it came from.
local credential, issued = KEYS[14], {record = KEYS[15], trail = KEYS[16]}

local id, new = arg.id, arg.version == '1'
local ended, wanted = arg.ended == '1', cjson.decode(arg.claims)

-- A note under the same token does not count: somebody refused earlier may be allowed by now.
if redis.call('GET', k.op) == 'commit' then return {'ok'} end

-- A request stops counting where it began to, whatever the policy calls its requester by then.
local version, head, was_ended, counted =
  unpack(redis.call('HMGET', k.record, 'version', 'head', 'ended', 'open_key'))
if not new then
  if not version then return {'missing'} end
  if arg.fence and not holds(k.lease, k.work, id, arg.fence) then return {'stale'} end
end
if tonumber(version or 0) ~= tonumber(arg.version) - 1 then return {'conflict'} end
if (head or '') ~= arg.head then return {'conflict'} end
if arg.not_after and shifted > tonumber(arg.not_after) then return {'late'} end
counted = counted or arg.open_key
if new then
  local has = tonumber(redis.call('HGET', open, counted) or 0)
  if arg.open_limit and has >= tonumber(arg.open_limit) then return {'crowded'} end
  for _, claim in ipairs(wanted) do
    local holder = redis.call('HGET', claims, claim)
    if holder and holder ~= id then return {'taken', claim, holder} end
  end
end

-- What a credential's record says: version 0 where there is none, nothing where it is not ours.
local function kept(text)
  if not text then return {version = 0} end
  local readable, found = pcall(cjson.decode, text)
  return readable and type(found) == 'table' and found or {}
end
local was = arg.credential and kept(redis.call('GET', credential))
if was and tonumber(was.version) ~= tonumber(arg.credential_seen) then return {'overtaken'} end

redis.call('HSET', k.record, 'record', arg.record, 'version', arg.version, 'head', arg.mac)
redis.call('HSET', k.record, 'state', arg.state, 'ended', arg.ended)
if new then redis.call('HSET', k.record, 'open_key', counted) end
redis.call('RPUSH', k.trail, arg.entry)
append(audit, sequence, arg.entry)
list(k, id, arg.listed)
if new then
  for _, claim in ipairs(wanted) do redis.call('HSET', claims, claim, id) end
end

local function release(names, holder)
  for _, claim in ipairs(names) do
    if redis.call('HGET', claims, claim) == holder then redis.call('HDEL', claims, claim) end
  end
end

-- A request that made a credential leaves its claims to it: both have the same id.
if ended and not arg.kept then release(wanted, id) end
if arg.credential then
  redis.call('SET', credential, arg.credential)
  list(k, 'credential:' .. arg.credential_id, arg.credential_listed)
  if arg.credential_listed == '' then
    redis.call('PEXPIRE', credential, arg.keep)
    release(cjson.decode(arg.credential_claims), arg.credential_id)
  end
  if arg.credential_id ~= id and redis.call('EXISTS', issued.record) == 1 then
    issued.due, issued.lease, issued.work, issued.over = k.due, k.lease, k.work, k.over
    wake(issued, arg.credential_id)
  end
  -- Whom it was taken from may be waiting for an hour, and has to say now that it cannot go on.
  local loser = was.busy
  if type(loser) == 'string' and loser ~= id and loser ~= arg.credential_busy
    and redis.call('HEXISTS', k.work, 'fence:' .. loser) == 1
    and not redis.call('ZSCORE', k.over, loser) then
    wake(k, loser)
  end
end

local before, after = (new or was_ended == '1') and 0 or 1, ended and 0 or 1
if after ~= before and redis.call('HINCRBY', open, counted, after - before) <= 0 then
  redis.call('HDEL', open, counted)
end

if not arg.fence then wake(k, id) end
redis.call('SET', k.op, 'commit', 'PX', arg.keep_op)
forget(k)
return {'ok'}
