-- KEYS[1]: a leaderboard. ARGV: a member, how many are wanted on each side of it.
-- Gives: as page.lua, from the first wanted on; nothing if the member is not there.
-- Keeps: all of it is of one moment, so that ranks and scores go together.
local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
if not rank then
  return false
end
local first = math.max(rank - ARGV[2], 0)
local rows = redis.call('ZREVRANGE', KEYS[1], first, rank + ARGV[2], 'WITHSCORES')
local above = redis.call('ZCOUNT', KEYS[1], '(' .. rows[2], '+inf')
return {redis.call('ZCARD', KEYS[1]), first, above, rows}
