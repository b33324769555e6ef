-- KEYS[1]: how many passed in this window; it ends with the window.
-- ARGV: limit, period in microseconds, weight, anything.
-- Gives: 1 if it passes, how many more may, microseconds until the window ends, the same.
local limit, period, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local left = period - now % period
local window = math.floor(now / period)
local kept = redis.call('HMGET', KEYS[1], 'window', 'count')
local count = 0
if tonumber(kept[1]) == window then
  count = tonumber(kept[2])
end
if count + weight > limit then
  return {0, limit - count, left, left}
end
redis.call('HSET', KEYS[1], 'window', window, 'count', count + weight)
redis.call('PEXPIRE', KEYS[1], math.ceil(left / 1000))
return {1, limit - count - weight, left, 0}
