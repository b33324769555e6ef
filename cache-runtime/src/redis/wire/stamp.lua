-- Reads the stamp of a tag or namespace, or makes it.
--
-- KEYS[1]  the stamp
-- ARGV[1]  16 random bytes, for a stamp that has to be made
-- ARGV[2]  the run id of this node, 8 bytes
-- ARGV[3]  how long it is needed, in milliseconds
--
-- Replies  {stamp, writes}: the stamp, 24 bytes, is two halves and the run id; nil if none could be made
--
-- Invariant: a stamp of another run is not believed, as the node may have come back from an old
-- snapshot. The last GET counts: memory may be full, and the key evicted at once; and it registers
-- the caller for pushes, which its own write used up. Its life is extended only when too short, to
-- twice what is needed, as an extension is a write, and is pushed to every process.
local stamp = redis.call('GET', KEYS[1])
local writes = 1
if not stamp or string.sub(stamp, 17) ~= ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3] * 2)
elseif redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3] * 2)
else
  writes = 0
end
return {redis.call('GET', KEYS[1]), writes}
