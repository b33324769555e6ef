-- KEYS, as in load.lua. ARGV: the session's hash, and the user whose it must be, or nothing for whosoever it is.
-- Gives: 1 if there was one, else 0.
local listed = redis.call('HGET', KEYS[2], 's:' .. ARGV[1])
if ARGV[2] ~= '' and (not listed or string.match(listed, '^%S+') ~= ARGV[2]) then
  return 0
end
redis.call('HDEL', KEYS[2], 's:' .. ARGV[1])
return redis.call('DEL', KEYS[1])
