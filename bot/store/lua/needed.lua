-- Which requests still need their entries: those not ended, and those whose credential lives. The
-- keys are a record and a credential for each; the answer has a 1 or a 0 for each.

local answer = {}
for i = 1, #KEYS, 2 do
  local ended = redis.call('HGET', KEYS[i], 'ended')
  local credential = redis.call('GET', KEYS[i + 1])
  local needed = ended and ended ~= '1'
  if credential then
    local readable, kept = pcall(cjson.decode, credential)
    needed = needed or not readable or type(kept) ~= 'table' or kept.state ~= 'revoked'
  end
  answer[#answer + 1] = needed and 1 or 0
end
return answer
