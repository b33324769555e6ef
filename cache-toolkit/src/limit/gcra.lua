-- KEYS[1]: the theoretical arrival time: when all may pass again, in microseconds of the node's clock.
-- ARGV: limit, period in microseconds, weight, anything.
-- Gives: 1 if it passes, how many more may, microseconds until all may, microseconds until this may.
local limit, period, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local each = period / limit
-- GETEX and not GET: to the server it is a write, so that the change below is not pushed to who made it.
local arrival = math.max(tonumber(redis.call('GETEX', KEYS[1]) or now), now)
local after = arrival + weight * each
local over = after - now - period
-- Half a microsecond is what rounding may come to.
if over > 0.5 then
  return {0, math.max(math.floor((period - (arrival - now)) / each + 0.001), 0), math.ceil(arrival - now), math.ceil(over)}
end
redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil((after - now) / 1000))
return {1, math.max(math.floor((period - (after - now)) / each + 0.001), 0), math.ceil(after - now), 0}
