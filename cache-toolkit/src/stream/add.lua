-- Adds an entry, now or later.
-- KEYS: 1 the bell, 2 the number of the last entry, 3 the delayed, 4 and on a stream for each level.
-- ARGV: level from 1, what is added, for how many milliseconds it waits, how many there may be, 1 if no more are taken
-- then, and 0 if the oldest go; for how many milliseconds entries are kept, 0 for ever.
-- Gives: its number, nil if there is no room.
local level, delay, most = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if ARGV[5] == '1' then
  local there = redis.call('ZCARD', KEYS[3])
  for at = 4, #KEYS do
    there = there + redis.call('XLEN', KEYS[at])
  end
  if there >= most then
    return nil
  end
end
local n = redis.call('INCR', KEYS[2])
if delay > 0 then
  redis.call('ZADD', KEYS[3], now + delay, n .. ':' .. level .. ':' .. ARGV[2])
else
  redis.call('XADD', KEYS[3 + level], '*', 'n', n, 'job', ARGV[2])
end
if ARGV[5] ~= '1' then
  redis.call('XTRIM', KEYS[3 + level], 'MAXLEN', most)
  if ARGV[6] ~= '0' then
    redis.call('XTRIM', KEYS[3 + level], 'MINID', string.format('%.0f', math.max(now - ARGV[6], 0)))
  end
end
redis.call('INCR', KEYS[1])
return n
