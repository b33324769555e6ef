-- Adds a dead letter once more, as if it had never been delivered.
-- ARGV: the group, the letter's number, 1 if what is finished is deleted.
-- Gives: 1 if there was such a letter.
local found = redis.call('ZRANGE', dead, ARGV[2], ARGV[2], 'BYSCORE')[1]
if not found then
  return 0
end
local n, level, size, rest = string.match(found, '^(%d+):(%d+):%d+:%d+:(%d+):(.*)$')
local job = string.sub(rest, size + 1)
if ARGV[3] == '1' then
  redis.call('XADD', KEYS[7 + level], '*', 'n', n, 'job', job)
else
  -- Other groups of the stream have had it.
  redis.call('XADD', KEYS[7 + level], '*', 'n', redis.call('INCR', number), 'job', job, 'only', ARGV[1])
end
redis.call('ZREM', dead, found)
redis.call('INCR', bell)
count('redriven', 1)
return 1
