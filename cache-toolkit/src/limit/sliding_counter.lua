-- KEYS[1]: a window's number, how many passed in it, and in the one before.
-- ARGV: limit, period in microseconds, weight, anything.
-- Gives: 1 if it passes, how many more may, microseconds until all may, microseconds until this may.
local limit, period, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, into = math.floor(now / period), now % period
-- GETEX and not GET: to the server it is a write, so that the change below is not pushed to who made it.
local at, of, prior = string.match(redis.call('GETEX', KEYS[1]) or '', '^(%d+):(%d+):(%d+)$')
local count, before = 0, 0
if at and tonumber(at) == window then
  count, before = tonumber(of), tonumber(prior)
elseif at and tonumber(at) == window - 1 then
  before = tonumber(of)
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
local kept = string.format('%.0f:%.0f:%.0f', window, count + weight, before)
redis.call('SET', KEYS[1], kept, 'PX', math.ceil((2 * period - into) / 1000))
return {1, math.floor(limit - count - share - weight), 2 * period - into, 0}
