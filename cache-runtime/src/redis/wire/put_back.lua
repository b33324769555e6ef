-- Puts back an entry of a backup, or a reservation for one.
--
-- KEYS[1]  the lease
-- KEYS[2]  the entry
-- ARGV[1]  the run id of this node, 8 bytes
-- ARGV[2]  the id of what was seen there; empty if there was nothing
-- ARGV[3]  how long that was, in bytes; 0 if there was nothing
-- ARGV[4]  the frame
-- ARGV[5]  its ttl in milliseconds
--
-- Replies  1 put · 0 something else is there by now · 2 a process loads or puts the entry
--
-- Invariant: nothing is written over but what the caller saw and judged. A lease of this run that has an
-- end is left alone, and so is the word that a load stored nothing: who has it stores what is newer.
-- A reservation and its entry have one id, and differ in length. So an entry is put in the place of its
-- own reservation alone: what deletes that, as each invalidation does, has the entry not come back.
local lease = redis.pcall('GET', KEYS[1])
if type(lease) == 'string' and string.sub(lease, -8) == ARGV[1] and redis.call('PTTL', KEYS[1]) > 0 then
  return 2
end
local kind, id, len = redis.call('TYPE', KEYS[2]).ok, '', 0
if kind == 'string' then
  -- A frame has its id at bytes 8 to 23; a shorter one has what is there.
  id = redis.call('GETRANGE', KEYS[2], 8, 23)
  -- `STRLEN` would take a right that a cache has not.
  len = id == ARGV[2] and #redis.call('GET', KEYS[2]) or -1
elseif kind ~= 'none' then
  return 0
end
if id ~= ARGV[2] or len ~= tonumber(ARGV[3]) then
  return 0
end
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
return 1
