-- Adds a message, and lets the oldest go.
-- KEYS: 1 the number of the last message, which tells who waits; 2 the stream.
-- ARGV: the message, how many are kept, for how many milliseconds, for how many milliseconds the number is.
-- Gives: its number. Invariant: the numbers in the stream are one after the other.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local n = redis.call('INCR', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[2], '*', 'n', n, 'message', ARGV[1])
redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f', math.max(now - ARGV[3], 0)))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return n
