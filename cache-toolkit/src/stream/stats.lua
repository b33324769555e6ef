-- What is there, in one look.
-- ARGV: the group.
-- Gives: how many entries the streams have, are delayed, are pending, are dead; the number of the last; the counts, each
-- name before its value.
local there = 0
for at = 8, #KEYS do
  there = there + redis.call('XLEN', KEYS[at])
end
return {
  there, redis.call('ZCARD', later), redis.call('ZCARD', due), redis.call('ZCARD', dead),
  tonumber(redis.call('GET', number) or 0), redis.call('HGETALL', counts)
}
