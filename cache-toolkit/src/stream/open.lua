-- Makes a group where there is none: what is added from now on is its own, or all that is there.
-- ARGV: the group, `$` or `0`.
-- Gives: 1 if it was made.
local group, from, made = ARGV[1], ARGV[2], 0
for at = 8, #KEYS do
  local done = redis.pcall('XGROUP', 'CREATE', KEYS[at], group, from, 'MKSTREAM')
  if not done.err then
    made = 1
    if from == '$' then
      redis.call('HSET', counts, 'last', redis.call('GET', number) or 0)
    end
  elseif not string.find(done.err, 'BUSYGROUP', 1, true) then
    return done
  end
end
return made
