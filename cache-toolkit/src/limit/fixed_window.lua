-- KEYS[1]: a window's number, and how many passed in it; it ends with the window.
-- ARGV: limit, period in microseconds, weight, anything.
-- Gives: 1 if it passes, how many more may, microseconds until the window ends, and until this may.
local limit, period, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local left = period - now % period
local window = math.floor(now / period)
-- GETEX and not GET: to the server it is a write, so that the change below is not pushed to who made it.
local at, passed = string.match(redis.call('GETEX', KEYS[1]) or '', '^(%d+):(%d+)$')
local count = 0
if at and tonumber(at) == window then
  count = tonumber(passed)
end
if count + weight > limit then
  return {0, limit - count, left, left}
end
local kept = string.format('%.0f:%.0f', window, count + weight)
redis.call('SET', KEYS[1], kept, 'PX', math.ceil(left / 1000))
return {1, limit - count - weight, left, 0}
