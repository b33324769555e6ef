-- Lets a lease live longer, if it is still the caller's. It is never made anew: one that an
-- invalidation deleted stays gone.
--
-- KEYS[1]  the lease
-- ARGV[1]  the caller's token
-- ARGV[2]  how long from now, in milliseconds
--
-- Replies  1 renewed · 0 gone or another's
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
