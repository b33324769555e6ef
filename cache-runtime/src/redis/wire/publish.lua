-- Publishes what a process tells of itself for a while, and keeps the list of those who do.
--
-- KEYS[1]  the list: a record of 48 bytes for each process, its id of 32 bytes and 16 digits, until
--          when it holds in Unix milliseconds of this node
-- KEYS[2]  what the process tells
-- ARGV[1]  the id of the process, 32 bytes
-- ARGV[2]  for how long it holds, in milliseconds; 0 to take it back
-- ARGV[3]  what it tells
-- ARGV[4]  how many records the list has at most
--
-- Replies  1 done · 0 the list is full
--
-- Invariant: the list has a record of each process whose time is not over, and no other. It is a string,
-- so that no user needs a right for it that a cache has not.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local life, most, day = tonumber(ARGV[2]), tonumber(ARGV[4]), 86400000
local list = redis.call('GET', KEYS[1]) or ''
local kept, last = {}, now
for at = 1, #list - 47, 48 do
  local ends = tonumber(string.sub(list, at + 32, at + 47))
  local is_own = string.sub(list, at, at + 31) == ARGV[1]
  if not is_own and ends and ends > now and ends <= now + day and #kept < most then
    kept[#kept + 1] = string.sub(list, at, at + 47)
    last = math.max(last, ends)
  end
end
local is_room = #kept < most
if life > 0 and is_room then
  kept[#kept + 1] = ARGV[1] .. string.format('%016.0f', now + life)
  last = math.max(last, now + life)
  redis.call('SET', KEYS[2], ARGV[3], 'PX', life)
elseif life == 0 then
  redis.call('DEL', KEYS[2])
end
if #kept > 0 then
  redis.call('SET', KEYS[1], table.concat(kept), 'PX', last - now)
else
  redis.call('DEL', KEYS[1])
end
return (life == 0 or is_room) and 1 or 0
