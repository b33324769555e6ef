-- KEYS[1]: the list of a bucket, as in load.lua. ARGV: a user, and the ttl of sessions in milliseconds.
-- Gives: the hashes of his sessions.
-- Invariant: none of them is in the list, so none exists; and a request that has loaded one of them can't make another of
-- it, as the user has another epoch.
local ended = {}
local listed = redis.call('HGETALL', KEYS[1])
for n = 1, #listed, 2 do
  if string.sub(listed[n], 1, 2) == 's:' and string.match(listed[n + 1], '^%S+') == ARGV[1] then
    redis.call('HDEL', KEYS[1], listed[n])
    table.insert(ended, string.sub(listed[n], 3))
  end
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'e:' .. ARGV[1], string.format('%.0f', time[1] * 1000000 + time[2]))
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[1])))
return ended
