-- Deletes a group, with what it has not finished and its dead letters.
-- ARGV: the group.
-- Gives: 1 if it was there.
local was_there = 0
for at = 8, #KEYS do
  local done = redis.pcall('XGROUP', 'DESTROY', KEYS[at], ARGV[1])
  if done == 1 then
    was_there = 1
  elseif done ~= 0 and not string.find(done.err, 'requires the key to exist', 1, true) then
    return done
  end
end
redis.call('UNLINK', due, errors, dead, counts)
return was_there
