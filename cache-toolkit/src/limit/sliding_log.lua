-- KEYS[1]: when each passed that is in the window, sorted.
-- ARGV: limit, period in microseconds, weight, a random number that tells those of one microsecond apart.
-- Gives: 1 if it passes, how many more may, microseconds until all may, microseconds until this may.
local limit, period, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - period)
local count = redis.call('ZCARD', KEYS[1])
local function until_gone(rank)
  local at = redis.call('ZRANGE', KEYS[1], rank, rank, 'WITHSCORES')[2]
  return math.max(tonumber(at or now) + period - now, 0)
end
if count + weight > limit then
  return {0, limit - count, until_gone(-1), until_gone(count + weight - limit - 1)}
end
for n = 1, weight do
  redis.call('ZADD', KEYS[1], now, ARGV[4] .. ':' .. n)
end
redis.call('PEXPIRE', KEYS[1], math.ceil(period / 1000))
return {1, limit - count - weight, period, 0}
