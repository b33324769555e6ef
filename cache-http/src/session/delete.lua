-- KEYS, as in load.lua, and KEYS[3]: of a session that was ended by its id, whose it was, as `user`. ARGV: the session's hash, the user
-- whose it must be, or nothing for whosoever it is, and for how many milliseconds it may go on under another id, or 0.
-- Gives: 1 if there was one, else 0.
-- Invariant: it may go on only if nobody else has ended it, before or after. Who changes an id first ends the session by the
-- old one, as a logout does, so the second of two who end it takes the right away.
local listed = redis.call('HGET', KEYS[2], 's:' .. ARGV[1])
local whose = listed and string.match(listed, '^%S+') or redis.call('HGET', KEYS[3], 'user')
if ARGV[2] ~= '' and whose ~= ARGV[2] then
  return 0
end
-- First what takes no memory: then a server that is full lets the rest pass.
redis.call('HDEL', KEYS[2], 's:' .. ARGV[1])
local deleted = redis.call('DEL', KEYS[1])
if listed and ARGV[3] ~= '0' then
  redis.call('HSET', KEYS[3], 'user', whose)
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
else
  redis.call('DEL', KEYS[3])
end
return deleted
