-- Stores an entry under its lease.
--
-- KEYS[1]  the lease
-- KEYS[2]  the entry
-- ARGV[1]  the token under which the load began
-- ARGV[2]  the frame
-- ARGV[3]  its ttl in milliseconds
--
-- Replies  1 stored · 0 lost: the lease is gone or another's
--
-- Invariant: every store of a frame goes through here, and an invalidation deletes the lease, so
-- a load that began before an invalidation can't store after it. The entry is read after it is
-- written: a client's own write uses up its registration for pushes, and only a read registers.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[1])
return redis.call('EXISTS', KEYS[2])
