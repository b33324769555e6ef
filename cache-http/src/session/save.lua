-- KEYS, as in load.lua. ARGV: the session's hash, its user or nothing, ttl and end in milliseconds (0 for none), `whole` if
-- nothing of before stays, `strict` if a value that another has changed is not to be overwritten, a stamp, then of each
-- change its name, the stamp of what was there when it was loaded (nothing if it was not there), and the value (nothing
-- if it goes).
-- Gives: 0; 1 if there is no such session; 2 if it is of another user; 3 if another has changed a value.
-- A removal leaves `removed`: the stamp of who has removed last, and the names, each between zeros.
-- Invariant: a session that has ended is never there again. All changes are made or none.
local hash, user, stamp = ARGV[1], ARGV[2], ARGV[7]
local of = redis.call('HMGET', KEYS[1], 'user', 'removed')
if not of[1] then
  return 1
end
local listed = of[1] ~= '' and redis.call('HGET', KEYS[2], 's:' .. hash)
if of[1] ~= '' and not listed then
  redis.call('DEL', KEYS[1])
  return 1
end
if of[1] ~= user then
  return 2
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left, ends = math.ceil(tonumber(ARGV[3]) * 1.01), tonumber(ARGV[4])
if ends > 0 then
  left = math.min(left, ends)
  ends = now + ends
end
if ARGV[5] == 'whole' then
  redis.call('DEL', KEYS[1])
elseif ARGV[6] == 'strict' then
  local removed = of[2] and string.sub(of[2], 1, 16) == stamp and of[2] or ''
  for n = 8, #ARGV, 3 do
    local kept = redis.call('HGET', KEYS[1], 'v:' .. ARGV[n]) or ''
    local writer = string.sub(kept, 1, 16)
    -- What this load itself has written, or removed, is no one else's.
    local own = writer == ARGV[n + 1] or writer == stamp or (kept == '' and string.find(removed, '\0' .. ARGV[n] .. '\0', 17, true))
    if not own and string.sub(kept, 17) ~= ARGV[n + 2] then
      return 3
    end
  end
end
redis.call('HSET', KEYS[1], 'user', user, 'end', string.format('%.0f', ends))
local gone = {}
for n = 8, #ARGV, 3 do
  if ARGV[n + 2] == '' then
    redis.call('HDEL', KEYS[1], 'v:' .. ARGV[n])
    table.insert(gone, ARGV[n])
  else
    redis.call('HSET', KEYS[1], 'v:' .. ARGV[n], stamp .. ARGV[n + 2])
  end
end
if #gone > 0 then
  redis.call('HSET', KEYS[1], 'removed', stamp .. '\0' .. table.concat(gone, '\0') .. '\0')
end
redis.call('PEXPIRE', KEYS[1], left)
if listed then
  local created = string.match(listed, '^%S+ (%d+)')
  redis.call('HSET', KEYS[2], 's:' .. hash, string.format('%s %s %.0f %.0f', user, created, now, now + left))
  redis.call('PEXPIRE', KEYS[2], math.max(left, redis.call('PTTL', KEYS[2])))
end
return 0
