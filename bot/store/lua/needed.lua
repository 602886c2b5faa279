-- Which requests still need their entries: those not ended, those whose credential lives, and those
-- that a credential which lives was changed by. The keys are a record and a credential for each, and
-- the list of what each changed is an argument; the answer has a 1 or a 0 for each.

local lists = KEYS[1]

local function lives(text)
  local readable, kept = pcall(cjson.decode, text)
  return not readable or type(kept) ~= 'table' or kept.state ~= 'revoked'
end

local function needed(n)
  local ended = redis.call('HGET', KEYS[2 * n], 'ended')
  local credential = redis.call('GET', KEYS[2 * n + 1])
  if ended and ended ~= '1' or credential and lives(credential) then return 1 end
  local list = arg['list' .. n]
  return #redis.call('ZRANGEBYLEX', lists, '[' .. list, '(' .. list .. '~', 'LIMIT', 0, 1)
end

local answer = {}
for n = 1, (#KEYS - 1) / 2 do answer[n] = needed(n) end
return answer
