-- Ends of a list's entries, newest first, less those of requests that are forgotten: at most one more
-- than `limit`. In front, behind which to go on if the list was too full of those to tell.

local lists, over = unpack(KEYS)
local limit, list = tonumber(arg.limit), arg.list
local found, from = {}, '(' .. list .. (arg.after or '~')

for _ = 1, 20 do
  local entries = redis.call('ZREVRANGEBYLEX', lists, from, '[' .. list, 'LIMIT', 0, limit + 1)
  for _, entry in ipairs(entries) do
    local last = string.sub(entry, #list + 1)
    local gone = redis.call('ZSCORE', over, string.match(last, ':(.*)') or '')
    if not gone or tonumber(gone) > now then found[#found + 1] = last end
    if #found > limit then break end
  end
  if #found > limit or #entries <= limit then
    table.insert(found, 1, '')
    return found
  end
  from = '(' .. entries[#entries]
end
table.insert(found, 1, string.sub(from, #list + 2))
return found
