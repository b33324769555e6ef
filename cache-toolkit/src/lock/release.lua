-- KEYS[1]: the lock. ARGV: the holder's token.
-- Gives: 1 if it was the holder's yet.
if redis.call('GETEX', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
