-- Lets a lease live longer, if it is still the caller's. It is never made anew: one that an
-- invalidation deleted stays gone. It is read again, as `PEXPIRE` is a write and used up the caller's
-- registration for pushes.
--
-- KEYS[1]  the lease
-- ARGV[1]  what the lease holds if it is the caller's: its token, 16 bytes, and the run id of this
--          node, 8 bytes
-- ARGV[2]  how long from now, in milliseconds
--
-- Replies  1 renewed · 0 gone or another's
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return redis.call('EXISTS', KEYS[1])
end
return 0
