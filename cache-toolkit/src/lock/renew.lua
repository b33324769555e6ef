-- KEYS[1]: the lock. ARGV: the holder's token, how long it holds from now on in milliseconds.
-- Gives: 1 if it is the holder's yet.
if redis.call('GETEX', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
