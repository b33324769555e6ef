-- Gives a lease back, if it is still the caller's.
--
-- KEYS[1]  the lease
-- ARGV[1]  the caller's token
--
-- Replies  1 given back · 0 gone or another's
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
