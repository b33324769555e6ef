-- Has a delivery that failed made again later, or sets it aside where that was its last one.
-- ARGV: the group, the delivery, how often it was delivered, in how many milliseconds it is due again, how often one is
-- delivered at most, how many dead letters are kept, 1 if what is finished is deleted, the error.
-- Gives: 0 if another has it or nobody, 1 if it is due again, 2 if it was set aside.
local group, delivery, attempts = ARGV[1], ARGV[2], tonumber(ARGV[3])
local stream, id = stream_of(delivery)
make_way()
if attempts_of(group, stream, id) ~= attempts then
  return 0
end
count('failed', 1)
local fields = entry_of(stream, id)
if fields and attempts >= tonumber(ARGV[5]) then
  bury(group, delivery, fields, attempts, ARGV[8], tonumber(ARGV[6]), ARGV[7])
  return 2
end
-- An entry that was trimmed away is missed as it is due.
redis.call('ZADD', due, now + ARGV[4], delivery)
redis.call('HSET', errors, delivery, ARGV[8])
redis.call('INCR', bell)
return 1
