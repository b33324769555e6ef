-- Makes one entry stale.
--
-- KEYS[1]  the lease
-- KEYS[2]  the entry
-- ARGV[1]  the id of the entry that was read; empty if there was none
-- ARGV[2]  the same entry as stale; empty if there was none
--
-- Replies  1 done · 0 another entry came meanwhile
--
-- Invariant: the lease goes, so that a load that began before can't store as fresh. The ttl stays. The
-- entry is read after it is written, as in expire.lua.
local id = ''
if redis.call('TYPE', KEYS[2]).ok == 'string' then
  -- A frame has its id at bytes 8 to 23; a shorter one has what is there.
  id = redis.call('GETRANGE', KEYS[2], 8, 23)
end
if id ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[2], ARGV[2], 'KEEPTTL')
  redis.call('EXISTS', KEYS[2])
end
return 1
