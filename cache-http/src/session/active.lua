-- KEYS[1]: the list of a bucket, as in load.lua. ARGV: a user.
-- Gives: of each of his sessions that has not ended: hash, created, used, ends, as one text.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
local listed = redis.call('HGETALL', KEYS[1])
for n = 1, #listed, 2 do
  local whose, times, ends = string.match(listed[n + 1], '^(%S+) (%d+ %d+ (%d+))$')
  if whose == ARGV[1] and tonumber(ends) > now then
    table.insert(found, string.sub(listed[n], 3) .. ' ' .. times)
  end
end
return found
