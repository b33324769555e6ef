-- KEYS[1]: a structure. ARGV: its lifetime in milliseconds, a command, and what follows the key in it.
-- Gives: what the command does; of a sum that a number of Lua can't hold exactly, as text.
-- Keeps: what is written by this has a lifetime, which begins with the first write and is not begun again.
local said = redis.call(ARGV[2], KEYS[1], unpack(ARGV, 3))
-- Redis before 7.0 knows no NX. What is only written is not told of by a push, as what is read would be.
local set = redis.pcall('PEXPIRE', KEYS[1], ARGV[1], 'NX')
if type(set) == 'table' and redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
if type(said) == 'number' and math.abs(said) >= 2 ^ 53 then
  return redis.call('GET', KEYS[1])
end
return said
