-- Lengthens the life of an entry that was used.
--
-- KEYS[1]  the entry
-- ARGV[1]  the id of the entry that was read
-- ARGV[2]  how long it is to live from now on, in milliseconds
--
-- Replies  1 lengthened · 0 lives long enough yet, or is another entry
--
-- Invariant: a life is never shortened, and an eighth of it has passed before it is lengthened: that is
-- a write, and pushed to every process that has read the entry.
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left * 8 > ARGV[2] * 7 or redis.call('TYPE', KEYS[1]).ok ~= 'string' then
  return 0
end
-- A frame has its id at bytes 8 to 23; a shorter one has what is there.
if redis.call('GETRANGE', KEYS[1], 8, 23) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
