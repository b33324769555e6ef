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
-- a load that began before an invalidation can't store after it. Both keys are read before they are
-- written, so that the caller is pushed exactly its two writes, behind the reply; and the entry is
-- read after it, which registers the caller for what others do to it.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('EXISTS', KEYS[2])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[1])
return redis.call('EXISTS', KEYS[2])
