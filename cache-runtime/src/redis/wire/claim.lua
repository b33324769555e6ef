-- Takes the lease of an entry for a put, whoever holds it: the last put wins, and a load under way
-- stores nothing.
--
-- KEYS[1]  the lease
-- KEYS[2]  the entry
-- ARGV[1]  what the lease is to hold: the put's token, 16 bytes, and the run id of this node, 8 bytes
-- ARGV[2]  how long the lease lives, in milliseconds
--
-- Replies  the id of the entry that is there; empty if there is none
--
-- Invariant: from here on, until the lease is lost, nothing but this put stores. So an entry with
-- another id than the one replied was stored by who took the lease after this put.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('TYPE', KEYS[2]).ok == 'string' then
  -- A frame has its id at bytes 8 to 23; a shorter one has what is there.
  return redis.call('GETRANGE', KEYS[2], 8, 23)
end
return ''
