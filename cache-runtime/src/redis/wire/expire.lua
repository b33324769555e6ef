-- Makes everything that carries a stamp stale, and nothing invalid.
--
-- KEYS[1]  the stamp
-- ARGV[1]  8 random bytes, its new second half
-- ARGV[2]  the run id of this node, 8 bytes
--
-- Replies  1 done · 0 there is no stamp of this run, so nothing that carries it is valid
--
-- Invariant: the first half and the ttl stay. A stamp is never made here. It is read after it is
-- written: the caller still serves stale what rests on it, and must be told when it is deleted.
local stamp = redis.call('GET', KEYS[1])
if not stamp or string.sub(stamp, 17) ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[1], string.sub(stamp, 1, 8) .. ARGV[1] .. ARGV[2], 'KEEPTTL')
return redis.call('EXISTS', KEYS[1])
