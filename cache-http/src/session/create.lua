-- KEYS, as in load.lua, and KEYS[3]: what delete.lua leaves of the session that goes on in this one. ARGV: the session's
-- hash, its user or nothing, ttl and end in milliseconds (0 for none), the epoch that the user must have (`any` for a
-- session that is not another's continuation), how many sessions a user has, a stamp, then names and values.
-- Gives: the user's epoch; 0 if there is one of this hash; 1 if the one that would go on was ended meanwhile.
-- Invariant: a user never has more in the list than that; who was used least goes.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local hash, user = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left, ends = math.ceil(tonumber(ARGV[3]) * 1.01), tonumber(ARGV[4])
if ends > 0 then
  left = math.min(left, ends)
  ends = now + ends
end
local epoch = '0'
if user ~= '' then
  epoch = redis.call('HGET', KEYS[2], 'e:' .. user) or '0'
  if ARGV[5] ~= 'any' then
    if ARGV[5] ~= epoch or redis.call('HGET', KEYS[3], 'user') ~= user then
      return 1
    end
    redis.call('DEL', KEYS[3])
  end
  local used = {}
  local listed = redis.call('HGETALL', KEYS[2])
  for n = 1, #listed, 2 do
    local whose, at, over = string.match(listed[n + 1], '^(%S+) %d+ (%d+) (%d+)$')
    if whose and tonumber(over) <= now then
      redis.call('HDEL', KEYS[2], listed[n])
    elseif whose == user then
      table.insert(used, {tonumber(at), listed[n]})
    end
  end
  table.sort(used, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
  for n = 1, #used - tonumber(ARGV[6]) + 1 do
    redis.call('HDEL', KEYS[2], used[n][2])
  end
  redis.call('HSET', KEYS[2], 's:' .. hash, string.format('%s %.0f %.0f %.0f', user, now, now, now + left))
  redis.call('PEXPIRE', KEYS[2], math.max(left, redis.call('PTTL', KEYS[2])))
end
redis.call('HSET', KEYS[1], 'user', user, 'end', string.format('%.0f', ends))
for n = 8, #ARGV, 2 do
  redis.call('HSET', KEYS[1], 'v:' .. ARGV[n], ARGV[7] .. ARGV[n + 1])
end
redis.call('PEXPIRE', KEYS[1], left)
return epoch
