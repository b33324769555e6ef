-- Lets a delivery be its taker's for longer.
-- ARGV: the group, the delivery, how often it was delivered, for how many milliseconds from now on.
-- Gives: 1 if it is the taker's yet.
local group, delivery = ARGV[1], ARGV[2]
local stream, id = stream_of(delivery)
if attempts_of(group, stream, id) ~= tonumber(ARGV[3]) then
  return 0
end
redis.call('ZADD', due, now + ARGV[4], delivery)
return 1
