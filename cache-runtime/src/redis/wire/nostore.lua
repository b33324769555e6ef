-- Leaves word that a load stored nothing, so that those who wait for it load at once and together.
--
-- KEYS[1]  the lease
-- ARGV[1]  what the lease holds if it is the caller's: its token, 16 bytes, and the run id of this
--          node, 8 bytes
-- ARGV[2]  how long the word stands, in milliseconds
--
-- Replies  1 left · 0 the lease is gone or another's
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], 'nostore' .. string.sub(ARGV[1], 17), 'PX', ARGV[2])
  return 1
end
return 0
