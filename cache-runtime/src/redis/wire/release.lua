-- Gives a lease back, if it is still the caller's.
--
-- KEYS[1]  the lease
-- ARGV[1]  what the lease holds if it is the caller's: its token, 16 bytes, and the run id of this
--          node, 8 bytes
--
-- Replies  1 given back · 0 gone or another's
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
