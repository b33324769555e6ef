-- KEYS[1]: the lock. KEYS[2]: the number of its last holder.
-- ARGV: the holder's token, how long it holds in milliseconds, how long the number is kept in milliseconds.
-- Gives: 1 and the holder's number; or 0 and for how many milliseconds another holds it.
-- GETEX and not GET: to the server it is a write, so that only who looks and waits is told of changes.
local holder = redis.call('GETEX', KEYS[1])
if holder and holder ~= ARGV[1] then
  return {0, redis.call('PTTL', KEYS[1])}
end
local time = redis.call('TIME')
-- The clock, where that is ahead: a number that was lost does not begin anew.
local fence = math.max(tonumber(redis.call('GETEX', KEYS[2]) or 0) + 1, time[1] * 1000000 + time[2])
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, fence}
