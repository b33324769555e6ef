-- KEYS[1]: a structure. ARGV: its lifetime in milliseconds, a command, and what follows the key in it.
-- Gives: what the command does; of INCRBY as text, since a number of Lua is exact to 2^53 alone.
-- Keeps: what is written by this has a lifetime, which begins with the first write and is not begun again.
local said = redis.call(ARGV[2], KEYS[1], unpack(ARGV, 3))
if redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
if ARGV[2] == 'INCRBY' then
  return redis.call('GET', KEYS[1])
end
return said
