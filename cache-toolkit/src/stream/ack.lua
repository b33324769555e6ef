-- Finishes a delivery, whoever has it now.
-- ARGV: the group, the delivery, 1 if what is finished is deleted.
-- Gives: 1 if it was pending until then.
local group, delivery, deletes = ARGV[1], ARGV[2], ARGV[3]
local stream, id = stream_of(delivery)
make_way()
if not attempts_of(group, stream, id) then
  return 0
end
settle(group, delivery, stream, id, deletes)
count('finished', 1)
return 1
