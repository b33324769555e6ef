-- KEYS[1]: a leaderboard. ARGV: how many are to be passed over from the top, how many are wanted.
-- Gives: how many it has; how many were passed over; how many have a greater score than the first that follows;
-- then each member and its score.
-- Keeps: all of it is of one moment.
local rows = redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[1] + ARGV[2] - 1, 'WITHSCORES')
local above = 0
if rows[2] then
  above = redis.call('ZCOUNT', KEYS[1], '(' .. rows[2], '+inf')
end
return {redis.call('ZCARD', KEYS[1]), tonumber(ARGV[1]), above, rows}
