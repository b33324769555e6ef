-- Stores an entry under its lease.
--
-- KEYS[1]  the lease
-- KEYS[2]  the entry
-- ARGV[1]  what the lease holds if it is the caller's: its token, 16 bytes, and the run id of this
--          node, 8 bytes
-- ARGV[2]  the frame
-- ARGV[3]  its ttl in milliseconds
-- ARGV[4]  '1' for a put, '0' for a load
-- ARGV[5]  the id of the entry that claim.lua replied; empty for a load
--
-- Replies  1 stored · 0 lost: the lease is gone or another's · 2 superseded by a later put
--
-- Invariant: every store of a frame goes through here, and an invalidation deletes the lease, so
-- a load that began before an invalidation can't store after it. Both keys are read before they are
-- written, so that the caller is pushed exactly its two writes, behind the reply; and the entry is
-- read after it, which registers the caller for what others do to it.
--
-- Of two puts the one that claimed later wins: ids and tokens of puts are odd in their first byte,
-- those of loads even. A put that lost the lease leaves nothing there that is older than it. Another
-- id than the one it found is of who took the lease later; the one it found goes.
local function is_a_puts(bytes)
  return #bytes >= 16 and string.byte(bytes) % 2 == 1
end

local lease = redis.call('GET', KEYS[1])
if lease == ARGV[1] then
  redis.call('EXISTS', KEYS[2])
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
  redis.call('DEL', KEYS[1])
  return redis.call('EXISTS', KEYS[2])
end
if ARGV[4] == '0' then
  return 0
end
local id = ''
if redis.call('TYPE', KEYS[2]).ok == 'string' then
  -- A frame has its id at bytes 8 to 23; a shorter one has what is there.
  id = redis.call('GETRANGE', KEYS[2], 8, 23)
end
if id == ARGV[5] then
  redis.call('DEL', KEYS[2])
elseif is_a_puts(id) then
  return 2
end
if lease and is_a_puts(lease) and string.sub(lease, 17) == string.sub(ARGV[1], 17) then
  return 2
end
return 0
