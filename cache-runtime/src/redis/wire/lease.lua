-- Takes the lease of an entry for a load, or says why not.
--
-- KEYS[1]  the lease
-- KEYS[2]  the entry
-- ARGV[1]  what the lease is to hold: the caller's token, 16 bytes, and the run id of this node,
--          8 bytes
-- ARGV[2]  how long the lease lives, in milliseconds
-- ARGV[3]  the id of the entry that the caller found invalid; empty if it found none
-- ARGV[4]  '1' to share the token of another holder, '0' to wait for it
--
-- Replies  {'acquired', writes} · {'held', lease} · {'shared', token} · {'nostore'}
--          {'entry', frame}: another entry than the one found invalid came meanwhile
--
-- Invariant: the lease holds one token at a time, and one's own is as good as acquired. One of another
-- run came back with a failover or a snapshot, and one without an end has none who will end it: both
-- are nobody's, and are taken. A put's token is odd in its first byte, and is not shared: the put
-- wins. An entry of another type than a string counts as none, and is overwritten by the store.
-- Whatever the reply, the caller is registered for pushes of both keys: a lease just written is read
-- again, as writing it used the registration up. It was read before as well, so that the caller is
-- pushed as many writes of its own as it is told.
local lease = redis.call('GET', KEYS[1])
local run = string.sub(ARGV[1], 17)
local is_held = lease and string.sub(lease, -8) == run and redis.call('PTTL', KEYS[1]) > 0
if lease == ARGV[1] then
  if is_held then
    return {'acquired', 0}
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  redis.call('EXISTS', KEYS[1])
  return {'acquired', 1}
end
if redis.call('TYPE', KEYS[2]).ok == 'string' then
  -- A frame has its id at bytes 8 to 23; a shorter one has what is there.
  if redis.call('GETRANGE', KEYS[2], 8, 23) ~= ARGV[3] then
    return {'entry', redis.call('GET', KEYS[2])}
  end
end
if is_held then
  if lease == 'nostore' .. run then
    return {'nostore'}
  end
  if ARGV[4] == '0' then
    return {'held', lease}
  end
  if string.byte(lease) % 2 == 1 then
    return {'nostore'}
  end
  return {'shared', string.sub(lease, 1, 16)}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('EXISTS', KEYS[1], KEYS[2])
return {'acquired', 1}
