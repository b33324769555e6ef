-- KEYS[1]: a window's number, how many passed in it, and in the one before.
-- ARGV: limit, period in microseconds, weight, anything.
-- Gives: 1 if it passes, how many more may, microseconds until all may, microseconds until this may.
local limit, period, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, into = math.floor(now / period), now % period
local kept = redis.call('HMGET', KEYS[1], 'window', 'count', 'before')
local count, before = 0, 0
if tonumber(kept[1]) == window then
  count, before = tonumber(kept[2]), tonumber(kept[3])
elseif tonumber(kept[1]) == window - 1 then
  before = tonumber(kept[2])
end
-- As if those of the window before had come evenly.
local share = before * (period - into) / period
local reset = 2 * period - into
if count == 0 then
  reset = period - into
end
if count + share + weight > limit then
  local room = limit - weight - count
  local retry
  if room >= 0 then
    retry = period - into - room * period / before
  else
    -- In the next window those of this one are what is spread.
    retry = period - into + period - (limit - weight) * period / count
  end
  return {0, math.max(math.floor(limit - count - share), 0), reset, math.max(math.ceil(retry), 1)}
end
redis.call('HSET', KEYS[1], 'window', window, 'count', count + weight, 'before', before)
redis.call('PEXPIRE', KEYS[1], math.ceil((2 * period - into) / 1000))
return {1, math.floor(limit - count - share - weight), 2 * period - into, 0}
